Feature: Withdraw a pairing request from the local cluster
  An operator who sent a request in error takes it back in Local UI, as long as nobody has
  accepted it. With a connection, Palette forgets the request too. What happens without one
  stands in a feature of its own (cancel_connectivity).

  @WDR-1 @edge @core
  Rule: A cancel needs a login and a pending request

    Scenario Outline: Somebody with <session> session cancels nothing
      Given a cluster "<shape>", with "nothing" behind it
      And a pending pairing request
      And the operator is at its "<host>" host, by "a login"
      When somebody with <session> session cancels the pairing request
      Then it is refused
      And the cluster is still locally managed
      And one request of the cluster waits in Palette

      Examples:
        | session      | shape          | host  |
        | no           | of one node    | first |
        | no           | of three nodes | first |
        | no           | of three nodes | last  |
        | a made-up    | of one node    | first |
        | a made-up    | of three nodes | last  |
        | a cut-short  | of one node    | first |
        | a cut-short  | of three nodes | last  |
        | a logged-out | of one node    | first |
        | a logged-out | of three nodes | last  |
        | an expired   | of one node    | first |
        | an expired   | of three nodes | first |
        | an expired   | of three nodes | last  |

    Scenario: Nothing was ever sent
      Given a local cluster
      When the operator cancels the pairing request
      Then it is refused
      And the cluster is still locally managed

    Scenario: The request was cancelled already
      Given a pairing request that was sent and cancelled
      When the operator cancels the pairing request
      Then it is refused
      And the cluster is still locally managed

    Scenario: The request was cancelled already, without a link
      Given a pending pairing request
      And the cluster cannot reach Palette
      And the request was cancelled
      When the operator cancels the pairing request
      Then it is refused
      And the cluster is still locally managed

    Scenario: The request was rejected
      Given a pairing request that was rejected
      When the operator cancels the pairing request
      Then it is refused

    Scenario: Another cluster has a pending request
      Given a local cluster
      And a pending pairing request of another cluster
      When the operator cancels the pairing request
      Then it is refused
      And the other request goes on waiting in Palette

  @WDR-2 @edge @core
  Rule: The pairing id can be read before the cancel

    Scenario: The id is there to be copied
      Given a pending pairing request
      Then Local UI shows its pairing id

    Scenario: The id is there to be copied while Palette cannot be reached
      Given a pending pairing request
      When the cluster cannot reach Palette
      Then Local UI shows its pairing id
      And Local UI goes on showing its pairing id

  @WDR-2P @edge @core
  Rule: Settings shows the Pairing ID and Cancel Pairing Request

    Scenario: Settings shows a pending request
      Given the pages of the target
      And a pending pairing request
      When the operator opens the page "Settings"
      Then the page shows "Pairing ID"
      And the page shows the pairing id
      And the page shows "Cancel Pairing Request"

    Scenario: What copies the Pairing ID copies it whole
      Given the pages of the target
      And a pending pairing request
      And the operator is on the page "Settings"
      Then the page shows the pairing id
      And where the page has a button that copies it, it copies the whole of it

    Scenario: Settings shows the id of the request that follows a cancelled one
      Given the pages of the target
      And a pending pairing request
      And the operator is on the page "Settings"
      When the operator clicks "Cancel Pairing Request" on the page "Settings"
      Then the request no longer waits in Palette
      Given a request that was sent
      When the operator opens the page "Settings"
      Then the page shows the pairing id

    Scenario: Cancel Pairing Request cancels
      Given the pages of the target
      And a pending pairing request
      And the operator is on the page "Settings"
      When the operator clicks "Cancel Pairing Request" on the page "Settings"
      Then nothing is pending in Local UI
      And the request no longer waits in Palette

  @WDR-3 @both @core
  Rule: With a link, a cancel ends the request on both sides

    Scenario: A cancel ends the request on both sides
      Given a pending pairing request
      When the operator cancels the pairing request
      Then it succeeds
      And nothing is pending in Local UI
      And the cluster is locally managed
      And no request of the cluster waits in Palette

    Scenario: A cancelled request does not come back
      Given a pending pairing request
      When the operator cancels the pairing request
      Then it succeeds
      And nothing is pending in Local UI
      And no request of the cluster waits in Palette
      And nothing becomes pending again in Local UI
      And no request reaches Palette

    Scenario: The cluster works as before
      Given a pending pairing request
      When the operator cancels the pairing request
      Then it succeeds
      And a local operation on the cluster takes effect

    Scenario: The cluster has several hosts
      Given a local cluster of at least 1 control plane nodes and 2 workers
      And a pending pairing request
      When the operator cancels the pairing request
      Then it succeeds
      And nothing is pending in Local UI
      And no request of the cluster waits in Palette

    Scenario: It is cancelled at another host than the one that sent
      Given a local cluster of at least 1 control plane nodes and 2 workers
      And a pending pairing request
      When the operator cancels it at another host of the cluster, where one shows it
      Then no request of the cluster waits in Palette
      And no request reaches Palette
      And nothing is pending at any host of the cluster
      And nothing becomes pending again in Local UI

    Scenario: Only the cancelled request leaves the list
      Given a pending pairing request
      And a pending pairing request of another cluster
      When the operator cancels the pairing request
      Then it succeeds
      And no request of the cluster waits in Palette
      And the other request goes on waiting in Palette

    Scenario: The host tells Palette twice
      Given a pending pairing request
      And the next word of a cancel arrives twice
      When the operator cancels the pairing request
      Then it succeeds
      And nothing is pending in Local UI
      And no request of the cluster waits in Palette

    Scenario: The edge was restarted in between
      Given a pending pairing request
      And the edge has restarted
      When the operator cancels the pairing request
      Then it succeeds
      And nothing is pending in Local UI
      And no request of the cluster waits in Palette

    Scenario: The registration token was revoked in between
      Given a pending pairing request
      And its registration token has been deactivated
      When the operator cancels the pairing request
      Then nothing is pending in Local UI
      And no request of the cluster waits in Palette

    Scenario Outline: The <operation> is kept though it comes while the cancel is under way
      Given a pending pairing request
      When the operator cancels, and asks for the "<operation>" while that is on its way
      Then nothing is pending in Local UI
      And the "<operation>" has taken effect

      Examples:
        | operation                  |
        | patch of the named cluster |
        | change of the settings     |

    Scenario: A cancelled request does not come back when Palette is restarted
      Given a pairing request that was sent, cancelled, and is gone in Palette
      When Palette restarts
      Then no request of the cluster waits in Palette
      And no request reaches Palette

    Scenario: The connection to another endpoint was checked in between
      Given a pending pairing request
      And an endpoint of the form "unresolvable"
      When the operator checks the connection
      And the operator cancels the pairing request
      Then it succeeds
      And no request of the cluster waits in Palette

    Scenario: A send to another endpoint was tried in between
      Given a pending pairing request
      And an endpoint of the form "unresolvable"
      When the operator sends a pairing request again
      And the operator cancels the pairing request
      Then nothing is pending in Local UI
      And no request of the cluster waits in Palette

  @WDR-3P @edge @core
  Rule: After a cancel, Settings shows local management and no request

    Scenario: Settings after a cancel
      Given the pages of the target
      And a pairing request that was sent and cancelled
      When the operator opens the page "Settings"
      Then on the page "Settings", "Centrally Managed" is there and not chosen
      And the page does not show the pairing id
      And the page does not show "Cancel Pairing Request"

    Scenario: Settings after a cancel on this very page
      Given the pages of the target
      And a pending pairing request
      And the operator is on the page "Settings"
      When the operator clicks "Cancel Pairing Request" on the page "Settings"
      And the operator opens the page "Settings"
      Then on the page "Settings", "Centrally Managed" is there and not chosen
      And the page does not show the pairing id
      And the page does not show "Cancel Pairing Request"

    Scenario: Centrally Managed can be chosen again
      Given the pages of the target
      And a pairing request that was sent and cancelled
      When the operator opens the page "Settings"
      And the operator clicks "Centrally Managed" on the page "Settings"
      Then on the page "Settings", "Centrally Managed" is chosen
      And the page offers "Palette endpoint"
      And the page offers "Registration token"

  @WDR-6 @both @core
  Rule: A request can be withdrawn only before it is accepted

    Scenario: The cluster is paired
      Given a paired cluster that is centrally managed
      When the operator cancels the pairing request
      Then it is refused
      And the cluster is still centrally managed
      And a central operation on the cluster takes effect

    Scenario: The cluster is paired, and the edge was restarted
      Given a paired cluster that is centrally managed
      And the edge has restarted
      When the operator cancels the pairing request
      Then it is refused
      And the cluster is still centrally managed

    Scenario: The cluster is paired, and cannot reach Palette
      Given a paired cluster that is centrally managed
      And the cluster cannot reach Palette
      When the operator cancels the pairing request
      Then it is refused
      And the cluster is still centrally managed

    Scenario: The request was accepted, and the host has not heard of it yet
      Given a pending pairing request
      And the next 1000 questions of the host about its request are lost
      And one of these questions has been lost
      And the administrator has accepted the request
      And the host has not heard of it
      When the operator cancels the pairing request
      And no more of these questions are lost
      And the pairing has come to its end
      Then either the cancel or the acceptance holds, on both sides

    Scenario: The request was accepted, and the word of the cancel arrives twice
      Given a pending pairing request
      And the next word of a cancel arrives twice
      And the next 1000 questions of the host about its request are lost
      And one of these questions has been lost
      And the administrator has accepted the request
      And the host has not heard of it
      When the operator cancels the pairing request
      And no more of these questions are lost
      And the pairing has come to its end
      Then either the cancel or the acceptance holds, on both sides

    Scenario: The host has learned of the acceptance, and its confirmation does not get through
      Given a pending pairing request
      And the next 1000 confirmations of the host are lost
      And the request was accepted, and the host has learned of it
      When the operator cancels the pairing request
      And no more of these confirmations are lost
      Then it is refused
      And the cluster is still centrally managed

    Scenario: The host has confirmed, and is cut off before it hears that it was heard
      Given a pending pairing request
      And the answers to the next 1000 confirmations of the host are lost
      And the request was accepted, and the host has learned of it
      And the cluster cannot reach Palette
      When the operator cancels the pairing request
      And the cluster can reach Palette again
      And no more of these confirmations are lost
      And the pairing has come to its end
      Then either the cancel or the acceptance holds, on both sides

  @WDR-7 @edge @core
  Rule: After a cancel, a new request can be sent

    Scenario: A new request after a cancel
      Given a pairing request that was sent and cancelled
      When the operator sends a pairing request until one is taken
      Then the request is sent
      And the 2 requests have 2 pairing ids

    Scenario: Cancelled six times, a cluster sends a seventh request, and is paired by it
      Given a local cluster
      And its request was sent and cancelled 6 times
      When the operator sends a pairing request until one is taken
      Then the request is sent
      And the 7 requests have 7 pairing ids
      When the administrator tries to accept the request until it is taken
      And that has succeeded
      And the operator waits for the end of the pairing
      Then the cluster is centrally managed

    Scenario: A new request after a cancel and a restart of the edge
      Given a pairing request that was sent and cancelled
      And the edge has restarted
      When the operator sends a pairing request until one is taken
      Then the request is sent
      And the 2 requests have 2 pairing ids

    Scenario Outline: A new request after a cancel that <fault>
      Given a pending pairing request
      And the next word of a cancel <fault>
      And the request was cancelled
      When the operator sends a pairing request until one is taken
      Then the request is sent
      And the 2 requests have 2 pairing ids

      Examples:
        | fault                          |
        | is lost before it takes effect |
        | is lost after it took effect   |

    Scenario: A new request after a cancel without a link
      Given a pending pairing request
      And the cluster cannot reach Palette
      And the request was cancelled
      And the cluster can reach Palette again
      When the operator sends a pairing request until one is taken
      Then the request is sent
      And the 2 requests have 2 pairing ids
      And the new request stays pending in Local UI

    Scenario: The stale request is rejected while the new one waits
      Given a pending pairing request
      And the cluster cannot reach Palette
      And the request was cancelled
      And the cluster can reach Palette again
      And a request that was sent
      When the administrator rejects the earlier request
      And the earlier request waits no more
      Then the new request stays pending in Local UI
      And one request of the cluster goes on waiting in Palette

    Scenario: The stale request was rejected before the new one is sent
      Given a pending pairing request
      And the cluster cannot reach Palette
      And the request was cancelled
      And its request was rejected in Palette
      And the cluster can reach Palette again
      When the operator sends a pairing request until one is taken
      Then the request is sent
      And the new request stays pending in Local UI
      And one request of the cluster goes on waiting in Palette
