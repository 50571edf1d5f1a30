Feature: Invariants, judged over everything that was seen
  What no order of events may break. Each scenario brings about a situation in which it could be
  broken, lets both sides settle, looks at both, and judges all that was seen from the first
  operation to the last. The same judges watch fleets and every interleaving of the reference.

  @INV-1 @both @resilience
  Rule: A cluster has one manager

    Scenario: A central operation comes before the host has confirmed
      Given a pending pairing request
      And the cluster cannot reach Palette
      And the administrator has accepted the request
      When a central operation is tried
      Then it is refused, or nothing comes of it
      And where it was taken it has had no effect
      When the operator looks at who manages the cluster
      And a local operation is tried
      And the cluster can reach Palette again
      And both sides are watched until they have settled
      Then the history keeps to "one manager"

    Scenario: A central operation comes when another cluster's host has confirmed, and its own has not
      Given a pending pairing request
      And the cluster cannot reach Palette
      And the administrator has accepted the request
      And since then "another cluster has been paired"
      When a central operation is tried
      Then it is refused, or nothing comes of it
      And where it was taken it has had no effect

    Scenario Outline: A <change> before the host has confirmed takes effect later only if it was taken
      Given a pending pairing request
      And the cluster cannot reach Palette
      And the administrator has accepted the request
      When a "<change>" by Palette is tried
      Then it is refused, or nothing comes of it
      And where it was taken it has had no effect
      When the cluster can reach Palette again
      And the host has confirmed that it is managed by Palette
      Then what was tried takes effect only if it was taken
      And where it was refused it takes none with the next change either

      Examples:
        | change                 |
        | change of the metadata |
        | change of the profiles |

    Scenario Outline: <lost> of the host are lost for a while, and <meanwhile>
      Given a pending pairing request
      And <lost> of the host are lost
      When the administrator accepts the request
      And that has succeeded
      And one of these <messages> has been lost
      And <meanwhile>
      And a central operation is tried
      And a local operation is tried
      And no more of these <messages> are lost
      And both sides are watched until they have settled
      Then the history keeps to "one manager"

      Examples:
        | lost                                       | messages      | meanwhile                                  |
        | the next 1000 confirmations                | confirmations | nothing happens meanwhile                  |
        | the next 1000 confirmations                | confirmations | the edge restarts                          |
        | the next 1000 confirmations                | confirmations | Palette restarts                           |
        | the next 1000 confirmations                | confirmations | many of these confirmations have been lost |
        | the answers to the next 1000 confirmations | answers       | nothing happens meanwhile                  |
        | the answers to the next 1000 confirmations | answers       | the edge restarts                          |
        | the answers to the next 1000 confirmations | answers       | Palette restarts                           |
        | the answers to the next 1000 confirmations | answers       | many of these answers have been lost       |

    Scenario: The host has confirmed, hears of no answer, and restarts without a link
      Given a pending pairing request
      And the answers to the next 1000 confirmations of the host are lost
      When the administrator accepts the request
      And that has succeeded
      And one of these answers has been lost
      And the cluster cannot reach Palette any more
      And the edge restarts
      And a central operation is tried
      And a local operation is tried
      And the cluster can reach Palette again
      And no more of these answers are lost
      And both sides are watched until they have settled
      Then the history keeps to "one manager"

    Scenario: An acceptance that came to nothing leaves the cluster in local hands
      Given a pending pairing request
      And the cluster cannot reach Palette
      And the administrator has accepted the request
      And Palette waits for its host no longer
      And the administrator has opened the request
      And the cluster can reach Palette again
      And the pairing has come to nothing
      Then local operations on the cluster still take effect

    Scenario: An acceptance that came to nothing though its host has learned of it leaves the cluster in local hands
      Given a pending pairing request
      And the next 1000 confirmations of the host are lost
      And the administrator has accepted the request
      And one of these confirmations has been lost
      And Palette waits for its host no longer
      And the administrator has opened the request
      And no more of these confirmations are lost
      And the pairing has come to nothing
      Then local operations on the cluster still take effect

    Scenario: Each side is asked without a pause until Palette manages the cluster
      Given a local cluster
      And a local operation was seen to take effect on it
      And a request that was sent
      When the administrator accepts the request
      And that has succeeded
      Then the one hands over to the other, asked without a pause
      And Palette manages the cluster
      And the history keeps to "one manager"

  @INV-2 @central @resilience
  Rule: No request is lost

    Scenario: Palette restarts
      Given a pending pairing request
      When the administrator opens the request by its id
      And Palette restarts
      And the administrator opens the request by its id
      And both sides are watched until they have settled
      Then the history keeps to "no request is lost"

    Scenario: A neighbour's request is cancelled
      Given a pending pairing request
      And a pending pairing request of another cluster
      And the cluster cannot reach Palette
      And the request was cancelled
      When the administrator looks at the list of requests
      Then the history keeps to "no request is lost"

    Scenario: Its cluster has no tags and no description
      Given a local cluster with the description "(none)" and the tags "(none)"
      And a pending pairing request
      When both sides are watched until they have settled
      Then the request goes on waiting in Palette
      And the history keeps to "no request is lost"

    Scenario: A week passes
      Given a pending pairing request
      When as long passes at Palette as a request waits
      And both sides are watched until they have settled
      Then the history keeps to "no request is lost"

  @INV-3 @central @resilience
  Rule: Nothing is accepted without an exact match

    Scenario: The profiles fit
      Given a pending pairing request
      When the administrator accepts the request
      And that has succeeded
      And both sides are watched until they have settled
      Then the history keeps to "accepted by exact match"

    Scenario: The profiles fit a stack that the cluster does not run
      Given a pending pairing request
      And profiles that match what the cluster runs after a change
      When the administrator accepts the request
      And that was decided by the profiles
      Then the history keeps to "accepted by exact match"

  @INV-4 @both @resilience
  Rule: An acknowledged cancel stays done

    Scenario Outline: A cancel whose word <fault>
      Given a pending pairing request
      And the next word of a cancel <fault>
      When the operator cancels the pairing request
      And the operator waits for the request to end
      And the edge restarts
      And the operator waits for the request to end
      And both sides are watched until they have settled
      Then the history keeps to "cancel stays done"

      Examples:
        | fault                          |
        | is lost after it took effect   |
        | is lost before it takes effect |

    Scenario: A cancel without a link, and the link comes back
      Given a pending pairing request
      And the cluster cannot reach Palette
      When the operator cancels the pairing request
      And the cluster can reach Palette again
      And both sides are watched until they have settled
      Then the history keeps to "cancel stays done"

    Scenario: A cancel with a link, and both sides restart
      Given a pending pairing request
      When the administrator opens the request by its id
      And the operator cancels the pairing request
      And that has succeeded
      And the list is watched for the request to leave
      And the operator waits for the request to end
      And the edge restarts
      And the operator waits for the request to end
      And Palette restarts
      And the administrator opens the request by its id
      And both sides are watched until they have settled
      Then the history keeps to "cancel stays done"

  @INV-5 @both @resilience
  Rule: A pairing id is never used again

    Scenario: Several requests, each side restarting in between
      Given a local cluster
      And its request was sent and cancelled 2 times
      And the edge has restarted
      And Palette has restarted
      And a request that was sent
      When the administrator looks at the list of requests
      Then the history keeps to "ids are never reused"

    Scenario: Requests of several clusters
      Given a pending pairing request
      And a pending pairing request of another cluster
      When Palette restarts
      And the administrator looks at the list of requests
      Then the history keeps to "ids are never reused"

    Scenario: A cluster that was created in place of a deleted one has nothing of its request
      Given a pending pairing request
      And its cluster was deleted in Local UI, and another one was created there
      Then nothing is pending in Local UI
      When the administrator accepts the request
      Then the cluster stays locally managed

  @INV-6 @both @resilience
  Rule: A request is decided once

    Scenario: A cancel without a link meets an acceptance
      Given a pending pairing request
      And the cluster cannot reach Palette
      When the operator cancels the pairing request
      And that has succeeded
      And the administrator accepts the request
      And the cluster can reach Palette again
      And both sides are watched until they have settled
      Then the history keeps to "decided once"

    Scenario: The host has to confirm more than once
      Given a pending pairing request
      And the answers to the next 2 confirmations of the host are lost
      When the administrator accepts the request
      And that has succeeded
      And both sides are watched until they have settled
      And the administrator opens the request by its id
      Then the history keeps to "decided once"

    Scenario: An acceptance and a rejection by two administrators
      Given a pending pairing request
      When "the first administrator" rejects the request
      And that has succeeded
      And "the second administrator" accepts the request under the name "harbor"
      And both sides are watched until they have settled
      Then the history keeps to "decided once"

    Scenario: A cancel after the acceptance, before the host has heard of it
      Given a pending pairing request
      And the next 1000 questions of the host about its request are lost
      And one of these questions has been lost
      And the administrator has accepted the request
      And the host has not heard of it
      When the operator cancels the pairing request
      And no more of these questions are lost
      And both sides are watched until they have settled
      Then the history keeps to "decided once"

    Scenario Outline: At one instant: <first>, <second> and <third>
      Given a pending pairing request
      When it is decided at one instant: "<first>", "<second>", "<third>"
      And both sides are watched until they have settled
      And the administrator opens the request by its id
      Then both sides come to agree
      And the history keeps to "decided once"
      And a cluster that is locally managed can send a request

      Examples:
        | first  | second | third  |
        | accept | reject | cancel |
        | accept | cancel | reject |
        | reject | accept | cancel |
        | reject | cancel | accept |
        | cancel | accept | reject |
        | cancel | reject | accept |
        | accept | accept | accept |
        | reject | reject | reject |
        | cancel | cancel | cancel |
        | accept | accept | cancel |

  @INV-7 @both @resilience
  Rule: Only who is authorised changes anything

    Scenario: Somebody without the permission decides
      Given a pending pairing request
      And a user with every permission but "update"
      When this person tries to "accept"
      Then it is refused
      When both sides are watched until they have settled
      Then the history keeps to "only who may changes"

    Scenario: A token that is not usable is tried
      Given a local cluster
      And a registration token that is "deactivated"
      When the operator sends a pairing request
      Then the request is refused
      And the history keeps to "only who may changes"

    Scenario Outline: The host of another cluster <message> a request that is pending
      Given an edge host has submitted a request
      And the host of another cluster has submitted one
      When the other host <message> the first request, for <cluster> cluster, with <secret>
      Then it is refused, or nothing comes of it
      And the request still waits in Palette
      When its own host <message> it
      Then it succeeds

      Examples:
        | request | message   | cluster       | secret                   |
        | pending | withdraws | its own       | the request's, cut short |
        | pending | withdraws | the request's | a secret that nobody has |
        | pending | withdraws | the request's | no secret                |
        | pending | withdraws | no            | its own secret           |
        | pending | withdraws | no            | the request's, cut short |
        | pending | withdraws | no            | no secret                |
        | pending | has ended | the request's | the request's, cut short |
        | pending | has ended | no            | a secret that nobody has |
        | pending | asks for  | its own       | its own secret           |
        | pending | asks for  | its own       | a secret that nobody has |
        | pending | asks for  | its own       | the request's, cut short |

    Scenario Outline: The host of another cluster <message> a request that is being handed over
      Given an edge host has submitted a request
      And the host of another cluster has submitted one
      And the administrator has accepted the request
      When the other host <message> the first request, for <cluster> cluster, with <secret>
      Then it is refused, or nothing comes of it
      When a central operation is tried
      Then it is refused, or nothing comes of it
      And where it was taken it has had no effect
      When its own host <message> it
      Then it succeeds

      Examples:
        | request           | message   | cluster       | secret                   |
        | being handed over | has ended | its own       | no secret                |
        | being handed over | has ended | the request's | its own secret           |
        | being handed over | has ended | no            | a secret that nobody has |
        | being handed over | asks for  | its own       | no secret                |
        | being handed over | confirms  | its own       | its own secret           |
        | being handed over | confirms  | its own       | a secret that nobody has |
        | being handed over | confirms  | its own       | the request's, cut short |
        | being handed over | confirms  | its own       | no secret                |

    Scenario Outline: Somebody of another project changes a paired cluster, with <selected> selected
      Given the target tells projects apart
      And a paired cluster
      And Palette manages the cluster
      And a user with every permission in "another project"
      And "<selected>" is selected
      When this person changes the cluster
      Then it is refused

      Examples:
        | selected        |
        | the project     |
        | another project |

    Scenario Outline: Somebody with <session> session changes the cluster in Local UI
      Given a local cluster
      When a local operation is tried
      And that has succeeded
      And somebody with <session> session tries a local operation
      Then it is refused

      Examples:
        | session      |
        | no           |
        | a logged-out |

  @INV-8 @central @resilience
  Rule: Central operations on one request are linearizable

    Scenario: It is looked at before and after the rejection
      Given a pending pairing request
      When the administrator opens the request by its id
      And the administrator rejects the request
      And that has succeeded
      And the administrator opens the request by its id
      And the administrator looks at the list of requests
      Then the history keeps to "operations are linearizable"

    Scenario: It is looked at before and after the acceptance, and Palette restarts
      Given a pending pairing request
      When the administrator opens the request by its id
      And the administrator accepts the request
      And that has succeeded
      And Palette restarts
      And the administrator opens the request by its id
      And both sides are watched until they have settled
      Then the history keeps to "operations are linearizable"

  @INV-9 @both @resilience
  Rule: Everything settles

    Scenario Outline: Two operators send at one instant, from <hosts> hosts, the <message> under way
      Given a local cluster of at least 1 control plane nodes and <workers> workers
      When two operators send from <hosts> of its hosts, the <message> under way
      And all messages get through again
      Then both sides come to agree
      And a cluster that is locally managed can send a request

      Examples:
        | hosts | workers | message                 |
        | 1     | 0       | check of the connection |
        | 1     | 0       | submission              |
        | 2     | 1       | check of the connection |
        | 2     | 1       | submission              |

    Scenario: The operator cancels while the submission is under way
      Given a local cluster
      When the operator sends a pairing request, and cancels with the submission under way
      And all messages get through again
      Then both sides come to agree
      And a cluster that is locally managed can send a request

    Scenario: No answer to a send comes, and the edge restarts before it reaches Palette again
      Given a local cluster
      And the answers to the next 1000 submissions of the host are lost
      When the operator sends a pairing request
      And the cluster cannot reach Palette any more
      And the edge restarts
      And the cluster can reach Palette again
      And no more of these submissions are lost
      Then both sides come to agree
      And a cluster that is locally managed can send a request

    Scenario: The host that sent the request is taken out of its cluster before the acceptance
      Given a local cluster of at least 1 control plane nodes and 2 workers
      And its request was sent from a host that has left the cluster since
      When the administrator accepts the request
      Then both sides come to agree
      And a cluster that is locally managed can send a request

    Scenario Outline: Palette answers many questions of a host with <answer>
      Given a pending pairing request
      And the next 1000 questions of the host about its request are answered with <answer>
      When many of these questions have been answered so
      And no more of these questions are answered so
      Then both sides come to agree
      And a cluster that is locally managed can send a request

      Examples:
        | answer   |
        | an error |
        | 503      |
        | garbage  |

    Scenario: A link that is down for some seconds
      Given a pending pairing request
      And the cluster cannot reach Palette
      And it stays so for some seconds
      When the cluster can reach Palette again
      Then both sides come to agree
      And a cluster that is locally managed can send a request

    Scenario: A link that comes and goes
      Given a pending pairing request
      And the link has gone down and come back 2 times, and is down again
      When the administrator accepts the request
      And that has succeeded
      And the cluster can reach Palette again
      And both sides are watched until they have settled
      Then the history keeps to "everything settles"

    Scenario: A host that is restarted twice while its request waits
      Given a pending pairing request
      When the edge restarts
      And the edge restarts
      Then both sides come to agree
      And a cluster that is locally managed can send a request

    Scenario: A host that is restarted while it follows its request
      Given a pending pairing request
      When the administrator rejects the request
      And that has succeeded
      And the edge restarts
      And the operator waits for the request to end
      And both sides are watched until they have settled
      Then the history keeps to "everything settles"

  @INV-10 @edge @resilience
  Rule: After the confirmation nothing local takes effect

    Scenario: A local operation on a paired cluster, before and after a restart
      Given a local cluster
      And a local operation was seen to take effect on it
      And its request was accepted, and it is paired
      And Palette manages the cluster
      When a local operation is tried
      And the edge restarts
      And a local operation is tried
      And both sides are watched until they have settled
      Then the history keeps to "nothing local after confirmation"

    Scenario Outline: What the <operation> right before the acceptance brings is there once it is paired, or never
      Given a pending pairing request
      And its profiles were found to match
      And the "<operation>" was asked for in Local UI right before its acceptance
      And the host has confirmed the pairing
      Then what was asked for has taken effect by now, or takes none any more

      Examples:
        | operation                  |
        | patch of the named cluster |
        | update of the cluster      |
        | change of the settings     |
