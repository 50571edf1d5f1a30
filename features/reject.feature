Feature: Reject a pairing request in Palette
  A request that nobody recognises, or that was cancelled at a host without a connection, is
  turned away by an administrator. Nothing else may be touched by that.

  @REJ-1 @central @core
  Rule: A pending request can be rejected by its pairing id

    Scenario: The only request is rejected
      Given a pending pairing request
      When the administrator rejects the request
      Then it succeeds
      And the request no longer waits in Palette

    Scenario Outline: Whichever place it has among three: <cluster>
      Given a pending pairing request of "north"
      And a pending pairing request of "south"
      And a pending pairing request of "harbor"
      When the administrator rejects the request of "<cluster>"
      Then it succeeds
      And the request of "<cluster>" no longer waits in Palette

      Examples:
        | cluster |
        | north   |
        | south   |
        | harbor  |

    Scenario: It is rejected although its profiles match
      Given a pending pairing request
      And its profiles were found to match
      When the administrator rejects the request
      Then it succeeds
      And the request no longer waits in Palette
      And no request reaches Palette

    Scenario: Step by step, as the procedure has it
      Given a pending pairing request
      When the administrator rejects the request step by step
      Then it succeeds
      And the request no longer waits in Palette

    Scenario: It does not come back when Palette is restarted
      Given a pairing request that is "rejected"
      When Palette is restarted
      Then no request waits in Palette, and that stays so

    Scenario: A cut-off cluster's request can be rejected as well
      Given a pending pairing request
      And the cluster cannot reach Palette
      When the administrator rejects the request
      Then it succeeds
      And the request no longer waits in Palette

  @REJ-2 @central @core
  Rule: Requests can be told apart by their tags

    Background:
      Given the cluster "north" tagged "area=dock, line=7, site=west" and named "plant"
      And the cluster "south" tagged "area=hall, line=7, site=west" and named "plant"
      And the cluster "harbor" tagged "area=dock, line=8, site=west" and named "plant"
      And a pending pairing request of "north"
      And a pending pairing request of "south"
      And a pending pairing request of "harbor"

    Scenario Outline: Each request shows the tags of its own cluster: <cluster>
      When the administrator opens the request of "<cluster>" by its id
      Then it shows the tags of "<cluster>"

      Examples:
        | cluster |
        | north   |
        | south   |
        | harbor  |

    Scenario: A restart of Palette changes nothing about that
      Given Palette has restarted
      When the administrator opens the request of "south" by its id
      Then it shows the tags of "south"

    Scenario Outline: Found by its tags alone, a request is rejected: <cluster>
      When the administrator rejects the request whose tags are those of "<cluster>"
      Then it succeeds
      And just the requests of "<one>" and "<other>" wait in Palette

      Examples:
        | cluster | one   | other  |
        | north   | south | harbor |
        | south   | north | harbor |
        | harbor  | north | south  |

  @REJ-3 @central @core
  Rule: A reject needs a login and the permission

    Scenario Outline: With <credentials>, a reject is refused
      Given somebody with "<credentials>"
      And a pending pairing request
      When this person tries to "reject"
      Then it is refused
      And the request goes on waiting in Palette
      And the request is pending in Local UI

      Examples:
        | credentials              |
        | no login                 |
        | an unknown API key       |
        | an unknown session       |
        | a login that has expired |

    Scenario: Without the permission to delete, a reject is refused
      Given a pending pairing request
      And a user with every permission but "delete"
      When this person tries to "reject"
      Then it is refused
      And the request goes on waiting in Palette
      And the request is pending in Local UI

    Scenario: Without any permission, a reject is refused
      Given a pending pairing request
      And a user with every permission in "nowhere"
      When this person tries to "reject"
      Then it is refused
      And the request goes on waiting in Palette
      And the request is pending in Local UI

    Scenario: With a login and every permission, it succeeds
      Given a pending pairing request
      And somebody who has logged in with the right password
      When this person tries to "reject"
      Then it succeeds

  @REJ-4 @central @core
  Rule: After the only request is rejected, none is listed

    Scenario: The list is empty and stays so
      Given a pending pairing request
      And "the administrator" has rejected the request
      Then no request waits in Palette, and that stays so

    Scenario: Rejected one after the other, the last one leaves the list empty
      Given a pending pairing request of "north"
      And a pending pairing request of "south"
      And the administrator has rejected the request of "north"
      And the administrator has rejected the request of "south"
      Then no request waits in Palette, and that stays so

  @REJ-5 @central @core
  Rule: With others pending, only the rejected request is missing

    Scenario Outline: The others are listed as before: <rejected> is rejected
      Given a pending pairing request of "north"
      And a pending pairing request of "south"
      And a pending pairing request of "harbor"
      And the administrator has rejected the request of "<rejected>"
      Then just the requests of "<one>" and "<other>" wait in Palette, and that stays so

      Examples:
        | rejected | one   | other  |
        | north    | south | harbor |
        | south    | north | harbor |
        | harbor   | north | south  |

    Scenario: Two requests are rejected at one instant, and just the third is listed
      Given a pending pairing request of "north"
      And a pending pairing request of "south"
      And a pending pairing request of "harbor"
      And two administrators have rejected the requests of "north" and "south" at one instant
      Then just the request of "harbor" waits in Palette, and that stays so

    Scenario: Clusters with the same name and the same tags are not mixed up
      Given the cluster "north" tagged "area=dock" and named "plant"
      And the cluster "south" tagged "area=dock" and named "plant"
      And a pending pairing request of "north"
      And a pending pairing request of "south"
      And the administrator has rejected the request of "north"
      Then just the request of "south" waits in Palette, and that stays so

    Scenario: Each list that was looked at before loses the rejected request alone
      Given a pending pairing request of "north"
      And a pending pairing request of "south"
      And each list that has them was looked at, whole and narrowed, in the project and the tenant
      When the administrator rejects the request of "north"
      And that has succeeded
      Then each of these lists loses the request of "north", and keeps that of "south"

    Scenario: The others can still be accepted
      Given a pending pairing request of "north"
      And a pending pairing request of "south"
      And the administrator has rejected the request of "north"
      When the administrator accepts the request of "south"
      Then it succeeds

    Scenario: One is rejected, one accepted, and only the third is left
      Given a pending pairing request of "north"
      And a pending pairing request of "south"
      And a pending pairing request of "harbor"
      And the administrator has accepted the request of "south"
      And the administrator has rejected the request of "north"
      Then just the request of "harbor" waits in Palette, and that stays so

  @REJ-6 @central @core
  Rule: Only a pending request can be rejected

    Scenario Outline: A reject is refused when the request is <fate>, and the others go on waiting
      Given a pairing request that is "<fate>"
      And a pending pairing request of "south"
      When the administrator rejects the request
      Then it is refused
      And just the request of "south" waits in Palette, and that stays so

      Examples:
        | fate      |
        | unknown   |
        | rejected  |
        | withdrawn |
        | accepted  |
        | paired    |

    Scenario: A paired cluster remains registered and centrally managed
      Given a paired cluster
      And Palette manages the cluster
      When the administrator rejects the request
      Then it is refused
      And Palette still manages the cluster
      And the cluster is still centrally managed

    Scenario: An accepted cluster remains registered before its host has confirmed
      Given a pairing request that is "accepted"
      When the administrator rejects the request
      Then it is refused
      And Palette shows the cluster

    Scenario Outline: A cluster whose request was <fate> remains locally managed
      Given a pairing request that is "<fate>"
      When the administrator rejects the request
      Then it is refused
      And nothing is pending in Local UI
      And the cluster is still locally managed

      Examples:
        | fate      |
        | unknown   |
        | rejected  |
        | withdrawn |

    Scenario Outline: A refused reject changes nothing of what is shown of a request that was <fate>
      Given a pairing request that is "<fate>"
      And opened by its id, it is shown as decided
      When the administrator rejects the request
      Then it is refused
      And opened again, it shows the state of before

      Examples:
        | fate      |
        | rejected  |
        | withdrawn |

    Scenario Outline: An id that is nearly right rejects nothing: one that <differs>
      Given a pending pairing request
      When the administrator rejects a request by an id that "<differs>"
      Then it is refused
      And the request goes on waiting in Palette
      And the request is pending in Local UI

      Examples:
        | differs                       |
        | differs in its last character |
        | is cut short                  |

    Scenario Outline: An earlier request that was <fate> cannot be rejected in place of the new one
      Given a pairing request that is "<fate>"
      And the operator has sent a pairing request again
      When the administrator rejects the earlier request
      Then it is refused
      And the request goes on waiting in Palette
      And the request is pending in Local UI

      Examples:
        | fate      |
        | rejected  |
        | withdrawn |

    Scenario: Of two administrators who reject, the second one is refused
      Given a pending pairing request
      And "the administrator" has rejected the request
      When "a second administrator" rejects the request
      Then it is refused
      And no request waits in Palette, and that stays so

  @REJ-8 @central @extended @unspecified
  Rule: Reading a request that has been decided is observed

    Scenario Outline: A request that is <fate> is opened by its id
      Given a pairing request that is "<fate>"
      When the administrator opens the request
      Then what the target does is observed: "a request that is <fate> is opened by its id"

      Examples:
        | fate      |
        | rejected  |
        | withdrawn |
        | accepted  |
        | paired    |
