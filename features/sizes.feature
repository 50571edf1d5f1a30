Feature: As many as there are
  A page that ends after fifty, a table of 256 entries and a field of 255 characters show only where
  there is more. The requests are those of hosts that the harness plays; a target file says how many
  of each kind the target bears.

  @ACC-3 @central @core
  Rule: A request can be picked out by its pairing id among hundreds

    Scenario Outline: <count> requests stand in the list, each once, also when some have left it
      Given <count> requests of hosts wait in Palette
      Then each of them is listed once, as its own cluster's
      And those where a page may turn show their own name and tags
      When one is rejected, one accepted and one withdrawn in their midst
      Then each of them is listed once, as its own cluster's

      Examples:
        | count |
        | 51    |
        | 101   |
        | 257   |
        | 1001  |

    Scenario: As requests come one by one, no page ends before the last of them
      Given 1 requests of hosts wait in Palette
      Then all that wait are listed after each of 12 more

    Scenario: 101 requests stand in the list in whatever order it is asked for, each once
      Given 101 requests of hosts wait in Palette
      Then each of them is listed once in each order that the list is asked for in

    Scenario: Requests leave a list of 101 while it is read
      Given 101 requests of hosts wait in Palette
      When the oldest are rejected while the list is read page by page
      Then what that list shows of the others is observed
      And each of them is listed once, as its own cluster's

  @PRE-9 @central @extended
  Rule: A list of many pages is of one project

    Scenario: What waits in another project stands on no page
      Given 51 requests of hosts wait in Palette, two of another project among them
      Then just they are listed in their project

  @REJ-2 @central @core
  Rule: Requests can be told apart by their tags among hundreds

    Scenario: The last of fifty-one requests is found by its tags alone
      Given 51 requests of hosts wait in Palette
      Then those where a page may turn show their own name and tags
      When the administrator rejects the last of them by its tags
      Then it succeeds
      And each of them is listed once, as its own cluster's

  @SND-5 @both @core
  Rule: A pairing id stands for one request only, among as many as it takes to tell

    Scenario: Ids are drawn from so many that none comes back
      Given 51 requests of hosts wait in Palette
      When as many more are sent as an id needs to come back
      Then each of them has its own pairing id

  @PRE-4 @both @core
  Rule: A registration token is good or not whatever others there are

    Scenario Outline: Of <count> tokens each good one admits, and the last one, deactivated, does not
      Given a local cluster
      And <count> registration tokens, of which the last is deactivated and entered
      When the operator sends a pairing request
      Then the request is refused
      And the good ones admit

      Examples:
        | count |
        | 51    |
        | 257   |

  @PRE-7 @central @core
  Rule: The latest version counts among hundreds

    Scenario Outline: The last of <count> versions fits, and none before it
      Given profiles that fit, one of them in its last version of <count>
      And 3 requests of hosts wait in Palette
      When the administrator accepts one of them
      Then it succeeds

      Examples:
        | count |
        | 51    |
        | 257   |

  @ACC-7 @central @core
  Rule: A selection is found among hundreds of profiles

    Scenario Outline: Of <count> profiles the last ones are selected
      Given profiles that fit, the last of <count> in the project
      And 3 requests of hosts wait in Palette
      When the administrator accepts one of them
      Then it succeeds

      Examples:
        | count |
        | 51    |
        | 257   |

  @ACC-24 @both @core
  Rule: The request brings along long texts as well

    Scenario Outline: A <field> of <length> characters is refused, or shown to its last one
      Given a local cluster whose <field> has <length> characters
      When the operator sends a pairing request
      Then it is refused, or the request shows the whole <field>

      Examples:
        | field       | length |
        | name        | 64     |
        | name        | 255    |
        | name        | 256    |
        | name        | 1024   |
        | description | 64     |
        | description | 255    |
        | description | 256    |
        | description | 1024   |
        | tag         | 64     |
        | tag         | 255    |
        | tag         | 256    |
        | tag         | 1024   |

  @ACC-6 @central @core
  Rule: Name, description and tags can be changed to long ones

    Scenario Outline: A <field> of <length> characters is refused, or borne to its last one
      Given 3 requests of hosts wait in Palette
      When the administrator accepts one of them with a <field> of <length> characters
      Then it is refused and waits, or its cluster bears the whole <field>

      Examples:
        | field       | length |
        | name        | 64     |
        | name        | 255    |
        | name        | 256    |
        | name        | 1024   |
        | description | 64     |
        | description | 255    |
        | description | 256    |
        | description | 1024   |
        | tag         | 64     |
        | tag         | 255    |
        | tag         | 256    |
        | tag         | 1024   |
