Feature: Connectivity failures during a cancel
  A cancel has to work for an operator whose host has lost Palette: the request ends in Local UI,
  whatever becomes of the message. Palette may then hold a stale request, which an administrator
  rejects by the id that the operator has saved. Each way of losing the link is tried here.

  @WDR-4 @edge @core
  Rule: Without a link, a cancel still ends the request locally

    Scenario: The link is down before the cancel
      Given a pending pairing request
      And the cluster cannot reach Palette
      When the operator cancels the pairing request
      Then nothing is pending in Local UI
      And the cluster is locally managed
      And a local operation on the cluster takes effect
      And nothing becomes pending again in Local UI

    Scenario Outline: The link goes down with the cancel under way: its message <fault>
      Given a pending pairing request
      And the next word of a cancel <fault>
      When the operator cancels the pairing request
      And the cluster cannot reach Palette any more
      Then nothing is pending in Local UI
      And the cluster is locally managed
      And a local operation on the cluster takes effect
      And nothing becomes pending again in Local UI

      Examples:
        | fault                          |
        | is lost before it takes effect |
        | is lost after it took effect   |

    Scenario Outline: The link is back at once: the message of the cancel <fault>
      Given a pending pairing request
      And the next word of a cancel <fault>
      When the operator cancels the pairing request
      Then nothing is pending in Local UI
      And the cluster is locally managed
      And nothing becomes pending again in Local UI

      Examples:
        | fault                          |
        | is lost before it takes effect |
        | is lost after it took effect   |
        | is never answered              |

    Scenario: The link comes back later
      Given a pending pairing request
      And the cluster cannot reach Palette
      And the request was cancelled
      When the cluster can reach Palette again
      Then nothing becomes pending again in Local UI
      And the cluster is locally managed
      And a local operation on the cluster takes effect

    Scenario: The link flaps before the cancel, and is down when it counts
      Given a pending pairing request
      And the link has gone down and come back 3 times, and is down again
      When the operator cancels the pairing request
      Then nothing is pending in Local UI
      And the cluster is locally managed
      And nothing becomes pending again in Local UI

    Scenario: The link flaps after the cancel
      Given a pending pairing request
      And the cluster cannot reach Palette
      And the request was cancelled
      When the link comes back and goes down 3 times
      Then nothing becomes pending again in Local UI
      And the cluster is locally managed

    Scenario: The link flaps around a message that is lost
      Given a pending pairing request
      And the link has gone down and come back 3 times, and is down again
      And the next word of a cancel is lost after it took effect
      And the cluster can reach Palette again
      When the operator cancels the pairing request
      And the link comes back and goes down 3 times
      Then nothing is pending in Local UI
      And nothing becomes pending again in Local UI
      And the cluster is locally managed

    Scenario: Every host of a larger cluster is cut off
      Given a local cluster of at least 1 control plane nodes and 2 workers
      And a pending pairing request
      And the cluster cannot reach Palette
      When the operator cancels the pairing request
      Then nothing is pending in Local UI
      And the cluster is locally managed

    Scenario: The edge restarts after the cancel
      Given a pending pairing request
      And the cluster cannot reach Palette
      And the request was cancelled
      When the edge restarts
      Then nothing becomes pending again in Local UI
      And the cluster is locally managed

    Scenario: The edge restarts without a link before the cancel
      Given a pending pairing request
      And the cluster cannot reach Palette
      And the edge has restarted
      When the operator cancels the pairing request
      Then nothing is pending in Local UI
      And the cluster is locally managed

    Scenario: The stale request is rejected, and the link comes back
      Given a pending pairing request
      And the cluster cannot reach Palette
      And the request was cancelled
      And its request was rejected in Palette
      When the cluster can reach Palette again
      Then nothing becomes pending again in Local UI
      And the cluster is locally managed

  @WDR-5 @central @core
  Rule: The stale request waits centrally, and can be rejected by its id

    Scenario: The stale request still waits
      Given a pending pairing request
      And the cluster cannot reach Palette
      When the request is cancelled in Local UI
      Then the request goes on waiting in Palette

    Scenario: The stale request is found by the saved id
      Given a stale pairing request
      When the administrator opens the request by its id
      Then Palette shows the request of this cluster

    Scenario: The stale request is rejected by the saved id
      Given a stale pairing request
      When the administrator rejects the request
      Then it succeeds
      And the request no longer waits in Palette
      And no request reaches Palette

    Scenario: The stale request is rejected after a restart of Palette
      Given a stale pairing request
      And Palette has restarted
      When the administrator rejects the request
      Then it succeeds
      And the request no longer waits in Palette

    Scenario: The stale request still waits when its host has been silent for a week
      Given a pending pairing request
      And its host has followed it for a while
      And the cluster cannot reach Palette
      And the request was cancelled
      When as long passes at Palette as a request waits
      Then the request goes on waiting in Palette

    Scenario: The stale request is rejected when its host has been silent for a week
      Given a pending pairing request
      And its host has followed it for a while
      And the cluster cannot reach Palette
      And the request was cancelled
      And as long has passed at Palette as a request waits
      When the administrator rejects the request
      Then it succeeds
      And the request no longer waits in Palette

    Scenario: The stale request is listed beside one that the cluster has sent since
      Given a submission that can be told from an earlier one
      And a pending pairing request
      And the next 1000 withdrawals of the host are lost
      And the request was cancelled
      And a request that was sent
      Then Palette lists each request of the cluster that it opens as pending

    Scenario: The stale request is rejected, and not the one that the cluster has sent since
      Given a submission that can be told from an earlier one
      And a pending pairing request
      And the next 1000 withdrawals of the host are lost
      And the request was cancelled
      And a request that was sent
      And both requests of the cluster wait in Palette
      When the administrator rejects the earlier request
      Then it succeeds
      And the request goes on waiting in Palette

    Scenario: Only the stale request is rejected
      Given a stale pairing request
      And a pending pairing request of another cluster
      When the administrator rejects the request
      Then it succeeds
      And the request no longer waits in Palette
      And the other request goes on waiting in Palette

    Scenario: Two stale requests are told apart by their ids
      Given a stale pairing request
      And a stale pairing request of another cluster
      When the administrator rejects the request
      Then it succeeds
      And the request no longer waits in Palette
      And the other request goes on waiting in Palette

  @WDR-8 @both @resilience @unspecified
  Rule: The link comes back after an offline cancel

    Scenario: The link comes back, and stays
      Given a stale pairing request
      When the cluster can reach Palette again
      And the list is watched for the request to leave
      And the operator looks at the pairing request
      Then what the target does is observed: "the link comes back after a cancel without one"

    Scenario: The link flaps, and stays at last
      Given a stale pairing request
      When the link comes back and goes down 3 times
      And the cluster can reach Palette again
      And the list is watched for the request to leave
      And the operator looks at the pairing request
      Then what the target does is observed: "the link flaps after a cancel without one, and stays at last"

    Scenario: The edge restarts before the link comes back
      Given a stale pairing request
      And the edge has restarted
      When the cluster can reach Palette again
      And the list is watched for the request to leave
      Then what the target does is observed: "the edge restarts between a cancel without a link and the link's return"

    Scenario Outline: The link was never gone: the message of the cancel <fault>
      Given a pending pairing request
      And the next word of a cancel <fault>
      When the operator cancels the pairing request
      And the list is watched for the request to leave
      Then what the target does is observed: "the message of a cancel <fault>, the link stays up"

      Examples:
        | fault                          |
        | is lost before it takes effect |
        | is lost after it took effect   |

    Scenario: The link comes back after the stale request was rejected
      Given a stale pairing request
      When the administrator rejects the request
      And the cluster can reach Palette again
      And the operator looks at the pairing request
      And the operator sends a pairing request
      Then what the target does is observed: "the link comes back after the stale request was rejected"

  @WDR-9 @both @resilience @unspecified
  Rule: An acceptance meets a cancel that was made offline

    Scenario: The stale request is accepted, and the link comes back
      Given a stale pairing request
      When a while passes
      And the administrator accepts the request
      And the cluster can reach Palette again
      And both sides are watched until they have settled
      Then what the target does is observed: "the stale request of an offline cancel is accepted, then the link comes back"

    Scenario: The stale request is accepted, and the link stays down
      Given a stale pairing request
      When a while passes
      And the administrator accepts the request
      And a week passes at Palette
      And both sides are watched until they have settled
      Then what the target does is observed: "the stale request of an offline cancel is accepted, and the link stays down"

    Scenario: An acceptance that the host could not know of is followed by a cancel
      Given a pending pairing request
      And the cluster cannot reach Palette
      When the administrator accepts the request
      And the operator cancels the pairing request
      And the cluster can reach Palette again
      And both sides are watched until they have settled
      Then what the target does is observed: "accepted while the host was cut off, cancelled there before it could know, then the link comes back"

    Scenario: An acceptance that the host could not know of is never cancelled
      Given a pending pairing request
      And the cluster cannot reach Palette
      When the administrator accepts the request
      And the cluster can reach Palette again
      And both sides are watched until they have settled
      Then what the target does is observed: "accepted while the host was cut off, then the link comes back"

    Scenario: An acceptance and a cancel follow closely, with a link
      Given a pending pairing request
      When the administrator accepts the request
      And the operator cancels the pairing request
      And both sides are watched until they have settled
      Then what the target does is observed: "accepted, and cancelled at once with a link"

    Scenario: The stale request is accepted while a new one waits
      Given a stale pairing request
      And the cluster can reach Palette again
      And a request that was sent
      When the administrator accepts the earlier request
      And the operator looks at the pairing request
      And the administrator looks at the list of requests
      And the operator looks at who manages the cluster
      Then what the target does is observed: "the stale request is accepted after a new one was sent"

  @WDR-10 @both @resilience @unspecified
  Rule: A cancel that works only halfway

    Scenario: Palette answers the cancel with an error
      Given a pending pairing request
      And the next word of a cancel is answered with an error
      When the operator cancels the pairing request
      And the operator looks at the pairing request
      And the list is watched for the request to leave
      Then what the target does is observed: "Palette answers the message of a cancel with an error"

    Scenario: Palette answers the cancel with an error, and the link goes down
      Given a pending pairing request
      And the next word of a cancel is answered with an error
      When the operator cancels the pairing request
      And the cluster cannot reach Palette any more
      And the operator looks at the pairing request
      And the administrator looks at the list of requests
      Then what the target does is observed: "Palette answers the message of a cancel with an error, then the link goes down"

    Scenario Outline: Only <host> of three hosts is cut off
      Given a local cluster of at least 1 control plane nodes and 2 workers
      And a pending pairing request
      And host <number> of the cluster cannot reach Palette
      When the operator cancels the pairing request
      And the operator looks at the pairing request
      And the administrator looks at the list of requests
      Then what the target does is observed: "a cancel while only <host> of three hosts is cut off"

      Examples:
        | host             | number |
        | the one that sent | 1      |
        | another one      | 2      |
