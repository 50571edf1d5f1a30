Feature: Whole journeys, from the local cluster to Palette
  Single rules are shown elsewhere. Here the procedure is walked from end to end, step by step
  as the document has it, with what people really do in between: send in error, think again,
  turn down, try once more, two of them at once.

  @ACC-12 @both @core
  Rule: However a request came about, an accepted one leads to central management

    Scenario: Send, accept
      Given the operator of "north" has sent a pairing request step by step
      When "the administrator" accepts the request of "north" step by step
      Then it succeeds
      And Palette manages "north"

    Scenario: Send, reject, send again, accept
      Given the operator of "north" has sent a pairing request step by step
      And "the administrator" has rejected the request of "north" step by step
      And the operator of "north" has sent a pairing request step by step
      When "the administrator" accepts the request of "north" step by step
      Then it succeeds
      And Palette manages "north"

    Scenario: Send, cancel, send again, accept
      Given the operator of "north" has sent a pairing request step by step
      And the operator of "north" has cancelled it step by step
      And the operator of "north" has sent a pairing request step by step
      When "the administrator" accepts the request of "north" step by step
      Then it succeeds
      And Palette manages "north"

    Scenario: Send, cancel, send, reject, send, accept
      Given the operator of "north" has sent a pairing request step by step
      And the operator of "north" has cancelled it step by step
      And the operator of "north" has sent a pairing request step by step
      And "the administrator" has rejected the request of "north" step by step
      And the operator of "north" has sent a pairing request step by step
      When "the administrator" accepts the request of "north" step by step
      Then it succeeds
      And Palette manages "north"

    Scenario: Send, restart the edge, accept
      Given a pending pairing request
      And the edge has restarted
      When the administrator accepts the request
      Then it succeeds
      And Palette manages the cluster

    Scenario: Send, lose the link for a while, accept
      Given a pending pairing request
      And the cluster cannot reach Palette
      And its host has followed it for a while
      And the cluster can reach Palette again
      When the administrator tries to accept the request until it is taken
      Then it succeeds
      And Palette manages the cluster

    Scenario: Three clusters and two administrators
      Given the operator of "north" has sent a pairing request step by step
      And the operator of "south" has sent a pairing request step by step
      And the operator of "harbor" has sent a pairing request step by step
      And "the administrator" has rejected the request of "south" step by step
      And "a second administrator" has accepted the request of "north" step by step
      When "the administrator" accepts the request of "harbor" step by step
      Then it succeeds
      And Palette manages "north"
      And Palette manages "harbor"

    Scenario Outline: Of two requests that wait, the one of "<cluster>" is accepted
      Given the operator of "north" has sent a pairing request step by step
      And the operator of "south" has sent a pairing request step by step
      When "the administrator" accepts the request of "<cluster>" step by step
      Then it succeeds
      And Palette manages "<cluster>"

      Examples:
        | cluster |
        | north   |
        | south   |

    Scenario: Two clusters are paired, and each is managed for itself
      Given the operator of "north" has sent a pairing request step by step
      And the operator of "south" has sent a pairing request step by step
      And "the administrator" has accepted the request of "north" step by step
      And "a second administrator" has accepted the request of "south" step by step
      Then Palette manages "north"
      And Palette manages "south"
      And what was changed at "north" is still there

    Scenario: Two clusters of the same name are paired, and each is managed for itself
      Given the cluster "north" named "store-0042"
      And the cluster "south" named "store-0042"
      And the operator of "north" has sent a pairing request step by step
      And the operator of "south" has sent a pairing request step by step
      And "the administrator" has accepted the request of "north" step by step
      And "a second administrator" may accept, and has accepted the request of "south" step by step
      Then Palette manages "north"
      And Palette manages "south"
      And a change at "south" is not one at "north"

  @ACC-14 @central @core
  Rule: Of two administrators only one decides

    Scenario: One accepts, the other comes too late to accept
      Given the operator of "north" has sent a pairing request step by step
      And "the administrator" has accepted the request of "north" step by step
      And Palette manages "north"
      When "a second administrator" tries to accept the request of "north"
      Then it is refused
      And Palette manages "north"

    Scenario: One accepts, the other comes too late to reject
      Given the operator of "north" has sent a pairing request step by step
      And "the administrator" has accepted the request of "north" step by step
      And Palette manages "north"
      When "a second administrator" tries to reject the request of "north"
      Then it is refused
      And Palette manages "north"

  @ACC-20 @central @core
  Rule: Whoever comes after a reject cannot accept any more

    Scenario: One rejects, the other accepts the new request and not the old one
      Given the operator of "north" has sent a pairing request step by step
      And "the administrator" has rejected the request of "north" step by step
      And the operator of "north" has sent a pairing request step by step
      When "a second administrator" tries to accept the earlier request of "north"
      Then it is refused
      And the request of "north" waits in Palette

  @REJ-7 @edge @core
  Rule: A rejected cluster goes on, and asks again

    Scenario: Send, reject, work on, send again
      Given the operator of "north" has sent a pairing request step by step
      And "the administrator" has rejected the request of "north" step by step
      Then "north" is locally managed
      When the operator of "north" sends a pairing request step by step
      Then the request is sent
      And the request of "north" is pending in its Local UI

    Scenario: Rejected twice, the third request is sent all the same
      Given the operator of "north" has sent a pairing request step by step
      And "the administrator" has rejected the request of "north" step by step
      And the operator of "north" has sent a pairing request step by step
      And "a second administrator" has rejected the request of "north" step by step
      When the operator of "north" sends a pairing request step by step
      Then the request is sent
      And the request of "north" is pending in its Local UI

    Scenario: One cluster is rejected while its neighbour waits
      Given the operator of "north" has sent a pairing request step by step
      And the operator of "south" has sent a pairing request step by step
      And "the administrator" has rejected the request of "north" step by step
      Then the request of "south" is pending in its Local UI
      And "north" is locally managed

    Scenario: One cluster is rejected while its neighbour is accepted
      Given the operator of "north" has sent a pairing request step by step
      And the operator of "south" has sent a pairing request step by step
      And "the administrator" has accepted the request of "south" step by step
      And "the administrator" has rejected the request of "north" step by step
      Then "north" is locally managed
      When the operator of "north" sends a pairing request step by step
      Then the request is sent

  @WDR-7 @edge @core
  Rule: Who has cancelled can send again

    Scenario: Send, cancel, send again
      Given the operator of "north" has sent a pairing request step by step
      And the operator of "north" has cancelled it step by step
      When the operator of "north" sends a pairing request step by step
      Then the request is sent
      And the request of "north" is pending in its Local UI

    Scenario: The neighbour's cancel has nothing to do with it
      Given the operator of "north" has sent a pairing request step by step
      And the operator of "south" has sent a pairing request step by step
      And the operator of "south" has cancelled it step by step
      When the operator of "south" sends a pairing request step by step
      Then the request is sent
      And the request of "north" is pending in its Local UI
      And the request of "south" is pending in its Local UI

  @SND-5 @both @core
  Rule: Over a whole day no pairing id is seen twice

    Scenario: Two clusters send, cancel, are rejected and send again
      Given the operator of "north" has sent a pairing request step by step
      And the operator of "south" has sent a pairing request step by step
      And the operator of "north" has cancelled it step by step
      And "the administrator" has rejected the request of "south" step by step
      And the operator of "south" has sent a pairing request step by step
      And the operator of "north" has sent a pairing request step by step
      And "a second administrator" has accepted the request of "south" step by step
      Then the 4 requests have 4 pairing ids
