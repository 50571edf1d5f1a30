Feature: The procedure, step by step in the labels of the document
  Each part of the document is walked once as a person walks it, on the pages, with the document's
  number before what it says; and once by the API, as far as what is clicked is an operation there.
  Single rules are shown elsewhere.

  @SND-12 @edge @core
  Rule: Sending a request takes six steps

    Scenario: Send Pairing Request from Local Cluster, 1 to 6
      Given the pages of the target, each step kept as a picture
      And a local cluster
      # 1
      When the operator logs in to Local UI on its page
      # 2
      And in the Main Menu, the operator clicks "Settings"
      # 3
      And the operator clicks "Centrally Managed" on the page "Settings"
      Then the page offers "Palette endpoint"
      And the page offers "Registration token"
      # 4
      When the operator fills in "Palette endpoint" with the endpoint of Palette
      # 5
      And the operator fills in "Registration token" with the registration token
      # 6
      And the operator clicks "Pair" on the page "Settings"
      Then the page shows the pairing id of the request that was sent
      And Palette lists the request under its id for this cluster

  @ACC-11 @central @core
  Rule: Accepting it takes nine more, and the cluster is registered then

    Scenario: Accept Pairing Request from Palette, 7 to 15, and Validate
      Given the pages of the target, each step kept as a picture
      And a pending pairing request
      And fitting profiles with values and variables are selected
      # 7
      When the administrator logs in to Palette on its page
      # 8
      And in the Main Menu, the administrator clicks "Clusters"
      # 9
      Then the page prompts for review
      When the administrator clicks "Pair" on the page "Clusters"
      # 10
      And the administrator clicks "Pair" beside the request
      # 11
      Then the page warns that the cluster can be managed only centrally then
      And the page warns that local operations on it are over then
      When the administrator checks "I understand"
      And the administrator clicks "Confirm" on the page "Pair Cluster, the warning"
      # 12
      Then the field "Name" holds the name of the local cluster
      And the field "Description" holds the description of the local cluster
      And the field "Tags" holds the tags of the local cluster
      When the administrator clicks "Next step" on the page "Pair Cluster, the first step"
      # 13
      And the administrator selects the profiles
      And the administrator clicks "Confirm" on the page "Pair Cluster, the match"
      And the administrator clicks "Next step" on the page "Pair Cluster, the match"
      # 14
      Then the page shows the values of every pack and the variables of every profile
      When the administrator clicks "Validate" on the page "Pair Cluster, the review"
      # 15
      And the administrator clicks "Pair cluster" on the page "Pair Cluster, the review"
      Then the request no longer waits in Palette
      # Validate, 1 to 3
      When the administrator logs in to Palette on its page
      And in the Main Menu, the administrator clicks "Clusters"
      Then the page shows the central cluster once, by the name "(kept)"
      And a central operation on the cluster that the pages have paired takes effect

  @WDR-3P @edge @core
  Rule: Withdrawing it takes five, and nothing is pending then

    Scenario: Withdraw Pairing Request From Local Cluster, 1 to 5, and Validate
      Given the pages of the target, each step kept as a picture
      And a pending pairing request
      # 1
      When the operator logs in to Local UI on its page
      # 2
      And in the Main Menu, the operator clicks "Settings"
      # 3
      Then the page shows "Pairing ID"
      And the page shows the pairing id
      # 4
      When the operator clicks "Cancel Pairing Request" on the page "Settings"
      # 5
      Then the request no longer waits in Palette
      # Validate, 1 to 3
      When the operator logs in to Local UI on its page
      And in the Main Menu, the operator clicks "Settings"
      Then on the page "Settings", "Centrally Managed" is there and not chosen
      And the page does not show "Cancel Pairing Request"
      And the page does not show the pairing id

  @REJ-4P @central @core
  Rule: Rejecting the only one takes four, and the prompt is gone then

    Scenario: Reject Pairing Request in Palette, 1 to 4, and Validate
      Given the pages of the target, each step kept as a picture
      And a pending pairing request
      # 1
      When the administrator logs in to Palette on its page
      # 2
      And in the Main Menu, the administrator clicks "Clusters"
      # 3
      Then the page prompts for review
      When the administrator clicks "Pair" on the page "Clusters"
      # 4
      And the administrator clicks "Reject" beside the request
      # Validate, 1 to 3
      And the administrator logs in to Palette on its page
      And in the Main Menu, the administrator clicks "Clusters"
      Then the page does not prompt for review

  @REJ-9 @central @core
  Rule: Rejecting one of two leaves the other to be reviewed

    Scenario: Reject Pairing Request in Palette, 1 to 4, with another one that remains
      Given the pages of the target, each step kept as a picture
      And a pending pairing request of "north"
      And a pending pairing request of "south"
      # 1
      When the administrator logs in to Palette on its page
      # 2
      And in the Main Menu, the administrator clicks "Clusters"
      # 3
      And the administrator clicks "Pair" on the page "Clusters"
      # 4
      And the administrator clicks "Reject" beside the request of "south"
      # Validate, 1 to 3
      And the administrator logs in to Palette on its page
      And in the Main Menu, the administrator clicks "Clusters"
      Then the page prompts for review
      When the administrator clicks "Pair" on the page "Clusters"
      Then the page shows the request of "north" once
      And the page does not show the request of "south"

  @ACC-12 @both @core
  Rule: By the API, what is clicked is an operation

    Scenario: Send and accept, by the API
      Given a local cluster
      # 3 to 6
      When the operator sends a pairing request
      Then Local UI shows its pairing id
      # 10
      And Palette lists the request under its id for this cluster
      # 11 to 15
      When the administrator accepts the request
      Then the request no longer waits in Palette
      # Validate
      And Palette manages the cluster

  @WDR-3 @both @core
  Rule: By the API, a cancel is one as well

    Scenario: Withdraw, by the API
      Given a pending pairing request
      # 3
      Then Local UI shows its pairing id
      # 4
      When the operator cancels the pairing request
      # 5
      Then no request of the cluster waits in Palette
      # Validate
      And the cluster is locally managed
      And nothing is pending in Local UI

  @REJ-4 @central @core
  Rule: By the API, a reject is one as well

    Scenario: Reject, by the API
      Given a pending pairing request
      # 4
      When the administrator rejects the request
      # Validate
      Then it succeeds
      And no request waits in Palette, and that stays so
