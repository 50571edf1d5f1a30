Feature: The pages of Palette
  What only a page can show: the prompt, the warning, the fields that come filled in, the order
  of the wizard's steps. The labels are those of the document.

  @ACC-2 @central @core
  Rule: With requests pending, the Clusters page prompts for review

    Scenario: A pending request brings the prompt
      Given the pages of the target
      And a pending pairing request
      When the administrator opens the page "Clusters"
      Then the page prompts for review

    Scenario: Without a pending request there is no prompt
      Given the pages of the target
      And a local cluster
      When the administrator opens the page "Clusters"
      Then the page does not prompt for review

    Scenario Outline: A request that was <fate> brings no prompt
      Given the pages of the target
      And a pairing request that is "<fate>"
      When the administrator opens the page "Clusters"
      Then the page does not prompt for review

      Examples:
        | fate      |
        | rejected  |
        | withdrawn |
        | paired    |

    Scenario: Gone to once more by the Main Menu, it prompts for what has come since
      Given the pages of the target
      And a local cluster
      And the administrator is on the page "Clusters"
      And a request that was sent
      When in the Main Menu, the administrator clicks "Clusters"
      Then the page prompts for review

  @ACC-23 @central @core
  Rule: The prompt leads to the requests, each with its id, its tags, Pair and Reject

    Background:
      Given the pages of the target
      And the cluster "north" tagged "area=dock, line=bottling, site=west" and named "plant"
      And the cluster "south" tagged "area=hall, line=canning, site=west" and named "plant"
      And a pending pairing request of "north"
      And a pending pairing request of "south"
      And the administrator is on the page "Clusters"

    Scenario Outline: The request of <cluster> stands there once, with its id and its tags
      When the administrator clicks "Pair" on the page "Clusters"
      Then the page shows the request of "<cluster>" once
      And the request of "<cluster>" stands beside the tags of its cluster, not those of "<other>"
      And the request of "<cluster>" offers "Pair"
      And the request of "<cluster>" offers "Reject"

      Examples:
        | cluster | other |
        | north   | south |
        | south   | north |

    Scenario: Reject acts on this request and on no other
      When the administrator clicks "Pair" on the page "Clusters"
      And the administrator clicks "Reject" beside the request of "south"
      Then just the request of "north" waits in Palette, and that stays so

    Scenario: Pair acts on this request and on no other
      Given profiles that fit "south" are selected
      When the administrator clicks "Pair" on the page "Clusters"
      And the administrator clicks "Pair" beside the request of "south"
      And the administrator pairs "south" through the wizard
      Then just the request of "north" waits in Palette, and that stays so

    Scenario Outline: On a page that has grown old, Reject decides no other request: <gone> is gone
      Given a pending pairing request of "harbor"
      And the administrator is on the page "the pairing requests"
      And the administrator has rejected the request of "<gone>"
      When the administrator clicks "Reject" beside the request of "south"
      Then the request of "<other>" goes on waiting in Palette

      # Whichever way the rows are in order, one of these moves them up.
      Examples:
        | gone   | other  |
        | north  | harbor |
        | harbor | north  |

  @ACC-4 @central @core
  Rule: The warning has to be acknowledged before Confirm goes on

    Scenario: Pair warns first
      Given the pages of the target
      And a pending pairing request
      And the administrator is on the page "the pairing requests"
      When the administrator clicks "Pair" beside the request
      Then the page warns that the cluster can be managed only centrally then
      And the page warns that local operations on it are over then
      And the page shows "I understand"
      And the page shows "Confirm"

    Scenario: Without I understand, Confirm does not go on; with it, it does
      Given the pages of the target
      And a pending pairing request
      And the administrator is on the page "Pair Cluster, the warning"
      When the administrator tries "Confirm" on the page "Pair Cluster, the warning"
      Then the page offers no "Next step" to click
      When the administrator checks "I understand"
      And the administrator clicks "Confirm" on the page "Pair Cluster, the warning"
      Then the page offers "Next step"

    Scenario: I understand, unchecked again, closes the way again
      Given the pages of the target
      And a pending pairing request
      And the administrator is on the page "Pair Cluster, the warning"
      When the administrator checks "I understand"
      And the administrator unchecks "I understand"
      And the administrator tries "Confirm" on the page "Pair Cluster, the warning"
      Then the page offers no "Next step" to click
      When the administrator checks "I understand"
      And the administrator clicks "Confirm" on the page "Pair Cluster, the warning"
      Then the page offers "Next step"

    Scenario: Whoever leaves the warning by Escape has not acknowledged it
      Given the pages of the target
      And a pending pairing request
      And the administrator is on the page "Pair Cluster, the warning"
      When the administrator presses Escape
      Then the page offers no "Next step" to click
      And the request goes on waiting in Palette

  @ACC-5 @central @core
  Rule: Name, description and tags come filled in

    Scenario: The first step has the values of the local cluster
      Given the pages of the target
      And a local cluster with the description "Bottling line 7, second floor" and the tags "area=dock, line=7"
      And a pending pairing request
      When the administrator opens the page "Pair Cluster, the first step"
      Then the field "Name" holds the name of the local cluster
      And the field "Description" holds the description of the local cluster
      And the field "Tags" holds the tags of the local cluster

    Scenario: A cluster without description and tags leaves the fields empty
      Given the pages of the target
      And a local cluster with the description "(none)" and the tags "(none)"
      And a pending pairing request
      When the administrator opens the page "Pair Cluster, the first step"
      Then the field "Name" holds the name of the local cluster
      And the field "Description" holds nothing
      And the field "Tags" holds nothing

    Scenario: Each of two clusters finds its own values
      Given the pages of the target
      And a pending pairing request
      And a pending pairing request of "south"
      When the administrator opens the page "Pair Cluster, the first step"
      Then the field "Name" holds the name of the local cluster
      And the field "Tags" holds the tags of the local cluster

  @ACC-6 @central @core
  Rule: What is entered in the first step is what the cluster bears

    Scenario: A name that was entered stands on the Clusters page
      Given the pages of the target
      And a pending pairing request
      And fitting profiles are selected
      And the administrator is on the page "Pair Cluster, the first step"
      When the administrator fills in "Name" with "first-choice"
      And the administrator goes on from the page "Pair Cluster, the first step" up to Pair cluster
      Then the request no longer waits in Palette
      Given the host has confirmed the pairing
      When the administrator opens the page "Clusters"
      Then the page shows the central cluster once, by the name "first-choice"

  @ACC-11 @central @core
  Rule: The steps come in order and none can be skipped

    Scenario Outline: <later> cannot be entered by its address before what precedes it
      Given the pages of the target
      And a pending pairing request
      And the administrator is on the page "Clusters"
      When the administrator enters "<later>" by its address
      Then the page offers no "<label>" to click
      And the request goes on waiting in Palette

      Examples:
        | later                        | label        |
        | Pair Cluster, the first step | Next step    |
        | Pair Cluster, the match      | Next step    |
        | Pair Cluster, the review     | Validate     |
        | Pair Cluster, the review     | Pair cluster |

    Scenario Outline: On <page>, a second tab does not lead to <later>
      Given the pages of the target
      And a pending pairing request
      And the administrator is on the page "<page>"
      When the administrator enters "<later>" by its address in a second tab
      Then the page offers no "<label>" to click
      And the request goes on waiting in Palette

      Examples:
        | page                         | later                        | label     |
        | Pair Cluster, the warning    | Pair Cluster, the first step | Next step |
        | Pair Cluster, the first step | Pair Cluster, the review     | Validate  |
        | Pair Cluster, the match      | Pair Cluster, the review     | Validate  |

    Scenario: What was acknowledged for one request is not for another
      Given the pages of the target
      And a pending pairing request
      And a pending pairing request of "south"
      And the administrator is on the page "Pair Cluster, the match"
      When the administrator enters, of the request of "south", the page "Pair Cluster, the first step"
      Then the page offers no "Next step" to click
      And the request goes on waiting in Palette

    Scenario: The back button and the forward button lead no further than the clicks did
      Given the pages of the target
      And a pending pairing request
      And the administrator is on the page "Pair Cluster, the warning"
      When the administrator checks "I understand"
      And the page is left by the back button, and entered again by the forward button
      Then the page offers no "Next step" to click
      And the request goes on waiting in Palette

    Scenario: The wizard leads from step to step up to Pair cluster
      Given the pages of the target
      And a pending pairing request
      And fitting profiles are selected
      And the administrator is on the page "Pair Cluster, the warning"
      When the administrator checks "I understand"
      And the administrator clicks "Confirm" on the page "Pair Cluster, the warning"
      And the administrator clicks "Next step" on the page "Pair Cluster, the first step"
      And the administrator selects the profiles
      And the administrator clicks "Confirm" on the page "Pair Cluster, the match"
      And the administrator clicks "Next step" on the page "Pair Cluster, the match"
      And the administrator clicks "Validate" on the page "Pair Cluster, the review"
      And the administrator clicks "Pair cluster" on the page "Pair Cluster, the review"
      Then the request no longer waits in Palette

  @ACC-17 @central @core
  Rule: Confirm of the match goes on only with a valid match

    Scenario Outline: Confirm does not go on with <fault>
      Given the pages of the target
      And a pending pairing request
      And profiles are selected that do not match for "<fault>"
      And the administrator is on the page "Pair Cluster, the match"
      When the administrator selects the profiles
      And the administrator tries "Confirm" on the page "Pair Cluster, the match"
      And the administrator tries "Next step" on the page "Pair Cluster, the match"
      Then the page offers no "Validate" to click
      And the request goes on waiting in Palette

      Examples:
        | fault                            |
        | a wrong version                  |
        | a pack too many                  |
        | a missing layer                  |
        | a version that is not the latest |
        | nothing selected                 |

    Scenario: With a valid match, Confirm goes on
      Given the pages of the target
      And a pending pairing request
      And fitting profiles are selected
      And the administrator is on the page "Pair Cluster, the match"
      When the administrator selects the profiles
      And the administrator clicks "Confirm" on the page "Pair Cluster, the match"
      And the administrator clicks "Next step" on the page "Pair Cluster, the match"
      Then the page offers "Validate"

    Scenario: Without Confirm, a valid match does not go on
      Given the pages of the target
      And a pending pairing request
      And fitting profiles are selected
      And the administrator is on the page "Pair Cluster, the match"
      When the administrator selects the profiles
      And the administrator tries "Next step" on the page "Pair Cluster, the match"
      Then the page offers no "Validate" to click
      And the request goes on waiting in Palette

    Scenario: Another selection afterwards closes the way again
      Given the pages of the target
      And a pending pairing request
      And fitting profiles are selected
      And the administrator is on the page "Pair Cluster, the match"
      When the administrator selects the profiles
      And the administrator clicks "Confirm" on the page "Pair Cluster, the match"
      And the administrator takes one of the profiles out again
      And the administrator tries "Next step" on the page "Pair Cluster, the match"
      Then the page offers no "Validate" to click
      And the request goes on waiting in Palette

    Scenario: A profile that was taken out again counts for no later Confirm
      Given the pages of the target
      And a pending pairing request
      And fitting profiles are selected
      And the administrator is on the page "Pair Cluster, the match"
      When the administrator selects the profiles
      And the administrator clicks "Confirm" on the page "Pair Cluster, the match"
      And the administrator takes one of the profiles out again
      And the administrator tries "Confirm" on the page "Pair Cluster, the match"
      And the administrator tries "Next step" on the page "Pair Cluster, the match"
      Then the page offers no "Validate" to click
      And the request goes on waiting in Palette

  @ACC-18 @central @core
  Rule: The review shows the configurations, and Validate opens Pair cluster

    Scenario: The review shows the packs' values and the profiles' variables
      Given the pages of the target
      And a pending pairing request
      And fitting profiles with values and variables are selected
      When the administrator opens the page "Pair Cluster, the review"
      Then the page shows the values of every pack and the variables of every profile

    Scenario: Before Validate, Pair cluster does not pair
      Given the pages of the target
      And a pending pairing request
      And fitting profiles are selected
      And the administrator is on the page "Pair Cluster, the review"
      When the administrator tries "Pair cluster" on the page "Pair Cluster, the review"
      Then the request goes on waiting in Palette

    Scenario: After Validate, Pair cluster is open
      Given the pages of the target
      And a pending pairing request
      And fitting profiles are selected
      And the administrator is on the page "Pair Cluster, the review"
      When the administrator clicks "Validate" on the page "Pair Cluster, the review"
      And the administrator clicks "Pair cluster" on the page "Pair Cluster, the review"
      Then the request no longer waits in Palette

    Scenario: A Validate that fails leaves Pair cluster closed
      Given the pages of the target
      And a pending pairing request
      And fitting profiles are selected
      And the administrator is on the page "Pair Cluster, the review"
      When version "1.1.0" of the add-on profile is published, with "Prometheus-Grafana 45.0.0"
      And the administrator tries "Validate" on the page "Pair Cluster, the review"
      And the administrator tries "Pair cluster" on the page "Pair Cluster, the review"
      Then the request goes on waiting in Palette

  @ACC-12P @central @core
  Rule: The paired cluster stands on the Clusters page

    Scenario Outline: Once, by the name that was confirmed: <name>
      Given the pages of the target
      And a pending pairing request
      And the administrator has accepted it with the name "<name>", the description "(kept)" and the tags "(kept)"
      And the host has confirmed the pairing
      When the administrator opens the page "Clusters"
      Then the page shows the central cluster once, by the name "<name>"

      Examples:
        | name         |
        | (kept)       |
        | first-choice |

    Scenario: Gone to by the Main Menu right after Pair cluster, it stands there no second time
      Given the pages of the target
      And a pending pairing request
      And fitting profiles are selected
      And the administrator is on the page "Pair Cluster, the review"
      When the administrator clicks "Validate" on the page "Pair Cluster, the review"
      And the administrator clicks "Pair cluster" on the page "Pair Cluster, the review"
      Then the request no longer waits in Palette
      Given the host has confirmed the pairing
      When in the Main Menu, the administrator clicks "Clusters"
      Then the page shows the central cluster no more than once, and that stays so

  @REJ-4P @central @core
  Rule: After the only request is rejected, the prompt is gone

    Scenario: Rejected on its page, the only request takes the prompt along
      Given the pages of the target
      And a pending pairing request
      And the administrator is on the page "the pairing requests"
      When the administrator clicks "Reject" beside the request
      And the administrator opens the page "Clusters"
      Then the page does not prompt for review

    Scenario: Gone to by the Main Menu after the Reject, Clusters does not prompt
      Given the pages of the target
      And a pending pairing request
      And the administrator is on the page "Clusters"
      When the administrator clicks "Pair" on the page "Clusters"
      And the administrator clicks "Reject" beside the request
      Then the request no longer waits in Palette
      When in the Main Menu, the administrator clicks "Clusters"
      Then the page does not prompt for review

  @REJ-5P @central @core
  Rule: With others pending, the prompt stays

    Scenario: One of two is rejected, and the prompt is still there
      Given the pages of the target
      And a pending pairing request of "north"
      And a pending pairing request of "south"
      And the administrator is on the page "the pairing requests"
      When the administrator clicks "Reject" beside the request of "south"
      And the administrator opens the page "Clusters"
      Then the page prompts for review

  @REJ-9 @central @core
  Rule: After a reject, the prompt leads to the requests that remain

    Scenario: The remaining ones are shown, and not the rejected one
      Given the pages of the target
      And a pending pairing request of "north"
      And a pending pairing request of "south"
      And a pending pairing request of "harbor"
      And the administrator has rejected the request of "south"
      And the administrator is on the page "Clusters"
      When the administrator clicks "Pair" on the page "Clusters"
      Then the page shows the request of "north" once
      And the page shows the request of "harbor" once
      And the page does not show the request of "south"
