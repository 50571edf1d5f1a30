Feature: What Acme promises besides the procedure
  Some of the steps are pairproof's and some are Acme's own; a scenario may mix them. A tag such
  as @WDR-3 ties a scenario to a requirement, and its verdict counts there as well. A scenario
  without one is judged and reported by its name.

  @house
  Scenario: Pairing ids can be read out over the phone
    Given a local cluster
    When the operator asks for a pairing id
    Then the pairing id can be read out over the phone

  @house
  Scenario: A tag that was put on while a request waits is kept
    Given a pending pairing request
    When the operator tags the cluster "rack" with "b7"
    Then Local UI shows the tag "rack" with the value "b7"

  @WDR-3
  Scenario: A tagged cluster can take its request back
    Given a cluster that bears the tag "site" with the value "quay 4"
    And a pending pairing request
    When the operator cancels the pairing request
    Then it succeeds
    And no request of the cluster waits in Palette
