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

  Rule: However it was sent and whatever has happened since, a decision leads where it should
    The rows are drawn (harness/tables).

    Scenario Outline: However it was sent, a request that is accepted by <whom> hands its cluster over
      Given a cluster "<shape>", with "<past>" behind it
      And a "<endpoint>" as the endpoint, with "<certificate>" certificate, and a token "as before"
      And its neighbour is "<beside>"
      And a pending pairing request
      And since then "<since>"
      When by "<whom>", who is let, it is <next>
      Then it succeeds
      And Palette manages the cluster
      And both sides come to agree
      And its neighbour is as before

      @ACC-12 @both @core
      Examples:
        | next     | whom                        | shape                           | past            | endpoint  | certificate   | beside                 | since                     |
        | accepted | the project's administrator | of one node                     | nothing         | URL       | to be trusted | no other               | nothing has happened      |
        | accepted | the project's administrator | of one node                     | nothing         | URL       | to be trusted | no other               | Palette has restarted     |
        | accepted | the project's administrator | of three nodes                  | a cancelled one | URL       | any           | no other               | a day has passed          |
        | accepted | the project's administrator | of two nodes, and then of three | nothing         | URL       | to be trusted | no other               | the link has come back    |
        | accepted | another administrator       | of one node                     | a rejected one  | bare host | any           | its namesake           | a day has passed          |
        | accepted | another administrator       | of three nodes                  | nothing         | URL       | to be trusted | a paired one           | its tags have changed     |
        | accepted | another administrator       | of three nodes, the last asked  | nothing         | URL       | to be trusted | no other               | the edge has restarted    |
        | accepted | another administrator       | of three nodes, the last asked  | nothing         | URL       | to be trusted | its namesake           | Palette has restarted     |
        | accepted | another administrator       | of three nodes, the last asked  | a cancelled one | URL       | to be trusted | its namesake elsewhere | nothing has happened      |
        | accepted | another administrator       | of two nodes, and then of three | nothing         | bare host | any           | no other               | an acceptance was refused |
        | accepted | the tenant's administrator  | of one node                     | nothing         | URL       | to be trusted | its namesake elsewhere | its tags have changed     |
        | accepted | the tenant's administrator  | of three nodes                  | a rejected one  | bare host | any           | a paired one           | Palette has restarted     |
        | accepted | the tenant's administrator  | of three nodes, the last asked  | a cancelled one | URL       | to be trusted | its namesake           | an acceptance was refused |
        | accepted | the tenant's administrator  | of three nodes, the last asked  | a rejected one  | URL       | any           | its namesake elsewhere | the link has come back    |
        | accepted | the tenant's administrator  | of two nodes, and then of three | nothing         | bare host | to be trusted | a paired one           | the edge has restarted    |

    Scenario Outline: However it was sent, a request that is <next> by <whom> leaves its cluster alone
      Given a cluster "<shape>", with "<past>" behind it
      And a "<endpoint>" as the endpoint, with "<certificate>" certificate, and a token "as before"
      And its neighbour is "<beside>"
      And a pending pairing request
      And since then "<since>"
      When by "<whom>", who is let, it is <next>
      Then it succeeds
      And nothing is pending in Local UI
      And no request of the cluster waits in Palette
      And both sides come to agree
      And a cluster that is locally managed can send a request
      And its neighbour is as before

      @REJ-7 @edge @core
      Examples:
        | next     | whom                        | shape                           | past            | endpoint  | certificate   | beside                 | since                      |
        | rejected | the project's administrator | of one node                     | a rejected one  | URL       | any           | its namesake elsewhere | the edge has restarted     |
        | rejected | the project's administrator | of three nodes                  | a rejected one  | URL       | any           | its namesake elsewhere | an acceptance was refused  |
        | rejected | the project's administrator | of three nodes, the last asked  | nothing         | bare host | to be trusted | a paired one           | its token has been deleted |
        | rejected | the project's administrator | of two nodes, and then of three | a cancelled one | bare host | to be trusted | its namesake           | its tags have changed      |
        | rejected | another administrator       | of one node                     | a cancelled one | URL       | to be trusted | a paired one           | the link has come back     |
        | rejected | another administrator       | of three nodes                  | a cancelled one | URL       | any           | its namesake elsewhere | its token has been deleted |
        | rejected | the tenant's administrator  | of one node                     | nothing         | URL       | to be trusted | no other               | its token has been deleted |
        | rejected | the tenant's administrator  | of one node                     | a cancelled one | URL       | to be trusted | no other               | Palette has restarted      |
        | rejected | the tenant's administrator  | of three nodes                  | nothing         | bare host | any           | its namesake           | nothing has happened       |
        | rejected | the tenant's administrator  | of two nodes, and then of three | nothing         | URL       | to be trusted | its namesake elsewhere | a day has passed           |

      @WDR-3 @both @core
      Examples:
        | next      | whom         | shape                           | past            | endpoint  | certificate   | beside                 | since                      |
        | cancelled | the operator | of one node                     | nothing         | URL       | to be trusted | a paired one           | an acceptance was refused  |
        | cancelled | the operator | of one node                     | nothing         | bare host | to be trusted | its namesake elsewhere | nothing has happened       |
        | cancelled | the operator | of three nodes                  | nothing         | URL       | to be trusted | its namesake           | the link has come back     |
        | cancelled | the operator | of three nodes                  | a cancelled one | URL       | to be trusted | its namesake           | the edge has restarted     |
        | cancelled | the operator | of three nodes, the last asked  | nothing         | URL       | to be trusted | a paired one           | a day has passed           |
        | cancelled | the operator | of three nodes, the last asked  | a rejected one  | bare host | any           | no other               | its tags have changed      |
        | cancelled | the operator | of two nodes, and then of three | nothing         | URL       | to be trusted | its namesake elsewhere | Palette has restarted      |
        | cancelled | the operator | of two nodes, and then of three | a rejected one  | URL       | to be trusted | its namesake           | its token has been deleted |
        | cancelled | the operator | of two nodes, and then of three | a rejected one  | URL       | to be trusted | a paired one           | nothing has happened       |

  Rule: What is over is over, whatever has happened since
    The rows are drawn (harness/tables).

    Scenario Outline: A request that was <fate> is not <next> by <whom> when <since>
      Given a pairing request that is "<fate>"
      And since then "<since>"
      When by "<whom>" it is <next>
      Then it is refused
      And both sides come to agree

      @ACC-20 @central @core
      Examples:
        | fate      | next     | whom                        | since                      |
        | rejected  | accepted | the project's administrator | nothing has happened       |
        | rejected  | accepted | the project's administrator | the edge has restarted     |
        | rejected  | accepted | the project's administrator | its token has been deleted |
        | rejected  | accepted | another administrator       | the link has come back     |
        | rejected  | accepted | the tenant's administrator  | the edge has restarted     |
        | rejected  | accepted | the tenant's administrator  | the link has come back     |
        | rejected  | accepted | the tenant's administrator  | a day has passed           |
        | rejected  | accepted | the tenant's administrator  | its tags have changed      |
        | withdrawn | accepted | the project's administrator | Palette has restarted      |
        | withdrawn | accepted | the project's administrator | its tags have changed      |
        | withdrawn | accepted | another administrator       | a day has passed           |
        | withdrawn | accepted | the tenant's administrator  | its token has been deleted |

      @REJ-6 @central @core
      Examples:
        | fate      | next     | whom                        | since                      |
        | rejected  | rejected | another administrator       | its tags have changed      |
        | rejected  | rejected | the tenant's administrator  | Palette has restarted      |
        | withdrawn | rejected | the project's administrator | the link has come back     |
        | withdrawn | rejected | another administrator       | nothing has happened       |
        | withdrawn | rejected | another administrator       | the edge has restarted     |
        | paired    | rejected | the project's administrator | a day has passed           |
        | paired    | rejected | another administrator       | its token has been deleted |

      @WDR-1 @edge @core
      Examples:
        | fate      | next      | whom         | since                      |
        | rejected  | cancelled | the operator | nothing has happened       |
        | rejected  | cancelled | the operator | Palette has restarted      |
        | rejected  | cancelled | the operator | a day has passed           |
        | rejected  | cancelled | the operator | its tags have changed      |
        | rejected  | cancelled | the operator | its token has been deleted |
        | withdrawn | cancelled | the operator | the edge has restarted     |

      @ACC-14 @central @core
      Examples:
        | fate   | next     | whom                        | since                  |
        | paired | accepted | the project's administrator | the edge has restarted |
        | paired | accepted | another administrator       | Palette has restarted  |
        | paired | accepted | the tenant's administrator  | nothing has happened   |

      @WDR-6 @both @core
      Examples:
        | fate   | next      | whom         | since                  |
        | paired | cancelled | the operator | the link has come back |
