Feature: The steps of an acceptance, in calls
  Where Palette's API itself goes through the steps of the Pair Cluster wizard, each in a call of its
  own, nobody gets around one by leaving it out. What is refused too early is allowed in its turn.
  Where calls are steps and no order of them is claimed, what comes of another one is observed.

  @ACC-4 @central @core
  Rule: The warning has to be acknowledged before the calls that follow

    Scenario: Without I understand, the details are not taken
      Given the steps of an acceptance are calls of their own
      And a pending pairing request
      When the administrator goes on to "the details"
      Then it is refused
      And the request goes on waiting in Palette
      And the steps in their order lead to Pair cluster, and this one is among them

    Scenario: Who has understood it once is warned again
      Given the steps of an acceptance are calls of their own
      And since then "another cluster has been paired"
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

    Scenario Outline: After <done>, <early> comes too early and counts for nothing: <step> is not taken
      Given the steps of an acceptance are calls of their own
      And a pending pairing request
      And the administrator has gone through the steps up to "<done>"
      And the administrator was too early for "<early>"
      And the administrator has gone through the steps up to "<then>"
      When the administrator goes on to "<step>"
      Then it is refused
      And the request goes on waiting in Palette
      And the steps in their order lead to Pair cluster, and this one is among them

      Examples:
        | done         | early     | then        | step         |
        | I understand | the match | the details | Validate     |
        | the details  | Validate  | the match   | Pair cluster |

  @ACC-11 @central @core
  Rule: Whether a step can be taken again is observed

    Scenario Outline: All steps are taken, and <step> once more before Pair cluster
      Given the steps of an acceptance are calls of their own
      And a pending pairing request
      And the administrator has gone through the steps up to "Validate"
      When the administrator takes "<step>" again, and the others that are left
      Then what the target does is observed: "all steps are taken, and <step> once more before Pair cluster"

      Examples:
        | step         |
        | I understand |
        | the details  |
        | the match    |
        | Validate     |

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

    Scenario: After a match was confirmed, another is not that does not match
      Given the steps of an acceptance are calls of their own
      And a pending pairing request
      And the administrator has gone through the steps up to "the match"
      And "the match" can be taken again
      And profiles are selected that do not match for "a wrong version"
      When the administrator goes on to "the match"
      Then it is refused
      And the request goes on waiting in Palette
      And this step was allowed in its turn

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

  @ACC-20 @central @core
  Rule: What was decided meanwhile stays so, however far somebody had come

    Scenario Outline: It is <ended> after Validate, and Pair cluster is not taken
      Given the steps of an acceptance are calls of their own
      And a pending pairing request
      And the administrator has gone through the steps up to "Validate"
      And the request is "<ended>" meanwhile
      When the administrator goes on to Pair cluster after all
      Then it is refused
      And the cluster is still locally managed

      Examples:
        | ended                             |
        | cancelled by the operator         |
        | rejected by another administrator |

    Scenario: It is cancelled after Validate and sent again, and what was validated does not pair the new one
      Given the steps of an acceptance are calls of their own
      And a pending pairing request
      And the administrator has gone through the steps up to "Validate"
      And the request is "cancelled by the operator" meanwhile
      And the operator has sent a pairing request again
      When the administrator goes on to Pair cluster of the earlier request
      Then it is refused
      And only this request waits in Palette
      And the request is pending in Local UI

  @PRE-8 @central @extended
  Rule: The right to accept is needed at Pair cluster, and not at the first step alone

    Scenario: The right is lost after Validate, and Pair cluster is not taken
      Given the steps of an acceptance are calls of their own
      And a pending pairing request
      And somebody who may accept has gone through the steps up to Validate, and may no more
      When this person goes on to Pair cluster after all
      Then it is refused
      And the request goes on waiting in Palette
      And the cluster is still locally managed

  @ACC-6 @central @core
  Rule: What happens after Validate changes nothing about what was confirmed

    Scenario Outline: After Validate, <meanwhile>
      Given the steps of an acceptance are calls of their own
      And a pending pairing request
      When the administrator takes all steps, and <meanwhile> after Validate
      Then the central cluster bears the first ones, or the request goes on waiting

      Examples:
        | meanwhile                                         |
        | another administrator enters other details        |
        | the administrator enters those of another request |
        | Palette restarts                                  |
