Feature: The steps of an acceptance, in calls
  Where Palette's API itself goes through the steps of the Pair Cluster wizard, each in a call of its
  own, nobody gets around one by leaving it out. What is refused too early is allowed in its turn.

  @ACC-4 @central @core
  Rule: The warning has to be acknowledged before the calls that follow

    Scenario: Without I understand, the details are not taken
      Given the steps of an acceptance are calls of their own
      And a pending pairing request
      When the administrator goes on to "the details"
      Then it is refused
      And the request goes on waiting in Palette
      And the steps in their order lead to Pair cluster, and this one is among them

  @ACC-11 @central @core
  Rule: No call can be left out

    Scenario Outline: Without I understand, <step> is not taken
      Given the steps of an acceptance are calls of their own
      And a pending pairing request
      When the administrator goes on to "<step>"
      Then it is refused
      And the request goes on waiting in Palette
      And the steps in their order lead to Pair cluster, and this one is among them

      Examples:
        | step      |
        | the match |
        | Validate  |

    Scenario Outline: After <done>, <step> is not taken
      Given the steps of an acceptance are calls of their own
      And a pending pairing request
      And the administrator has gone through the steps up to "<done>"
      When the administrator goes on to "<step>"
      Then it is refused
      And the request goes on waiting in Palette
      And the steps in their order lead to Pair cluster, and this one is among them

      Examples:
        | done         | step         |
        | I understand | the match    |
        | I understand | Pair cluster |
        | the details  | Validate     |
        | the details  | Pair cluster |

  @ACC-17 @central @core
  Rule: The match is confirmed only if it is valid

    Scenario Outline: With <fault>, the match is not confirmed
      Given the steps of an acceptance are calls of their own
      And a pending pairing request
      And the administrator has gone through the steps up to "the details"
      And profiles are selected that do not match for "<fault>"
      When the administrator goes on to "the match"
      Then it is refused
      And the request goes on waiting in Palette
      And the steps in their order lead to Pair cluster, and this one is among them

      Examples:
        | fault           |
        | a wrong version |
        | a pack too many |
        | a missing layer |

  @ACC-18 @central @core
  Rule: Pair cluster waits for Validate

    Scenario: Without Validate, Pair cluster is not taken
      Given the steps of an acceptance are calls of their own
      And a pending pairing request
      And the administrator has gone through the steps up to "the match"
      When the administrator goes on to "Pair cluster"
      Then it is refused
      And the request goes on waiting in Palette
      And the steps in their order lead to Pair cluster, and this one is among them
