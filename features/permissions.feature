Feature: Who may manage pairing requests
  Accepting a request hands a running cluster over, so not everybody may do it. List, get,
  update (accept) and delete (reject) are permissions of their own, in a project or a tenant.

  @PRE-8 @central @extended
  Rule: Managing requests needs permission

    Scenario Outline: A user with no permission but "<permission>" cannot <action>
      Given a pending pairing request
      And a user with no permission but "<permission>"
      When this person tries to "<action>"
      Then it is refused, or shows no request
      And the request goes on waiting in Palette

      Examples:
        | permission | action |
        | list       | open   |
        | list       | accept |
        | list       | reject |
        | get        | list   |
        | get        | accept |
        | get        | reject |
        | update     | list   |
        | update     | reject |
        | delete     | list   |
        | delete     | accept |

    Scenario Outline: Who has logged in with no permission gains none from whoever logs in later, to <action>
      Given a pending pairing request
      And by "a login" comes a user who would "<action>" and "lacks the right to it", with "no right" besides
      And another administrator has logged in since
      When this person tries to "<action>"
      Then it is refused, or shows no request
      And the request goes on waiting in Palette

      Examples:
        | action |
        | open   |
        | accept |
        | reject |

  @PRE-9 @central @extended
  Rule: Another scope's permission or project does not help

    Background:
      Given the target tells projects apart

    Scenario: Each project's list holds its own requests
      Given a pending pairing request of "north"
      And a pending pairing request of "south" in another project
      And a pending pairing request of "harbor"
      Then just the requests of "north" and "harbor" wait in Palette, and that stays so

    Scenario Outline: A request of another project cannot be decided beside one of the own: <action>
      Given a pending pairing request of "north"
      And a pending pairing request of "south" in another project
      And a user with every permission in "the project"
      When of the request of "south", this person tries to "<action>"
      Then it is refused
      And just the request of "south" waits in the other project, and that stays so

      Examples:
        | action |
        | open   |
        | accept |
        | reject |

    Scenario Outline: Who has every right in another project, and works in <scope>, does not see this request: <action>
      Given a pending pairing request
      And a user with every permission in "another project"
      And "<scope>" is selected
      When this person tries to "<action>"
      Then this request is not seen

      Examples:
        | scope           | action |
        | another project | list   |
        | another project | find   |
        | tenant          | list   |
        | tenant          | find   |

    Scenario Outline: Who works in another project is not shown what was decided in this one: a request that was <fate>
      Given a pairing request that is "<fate>"
      And opened by its id, it is shown as decided
      And a user with every permission in "another project"
      And "another project" is selected
      When this person tries to "open"
      Then it is refused

      Examples:
        | fate      |
        | rejected  |
        | withdrawn |

    Scenario Outline: Who works in another project is not shown what was decided in this one by <action>
      Given a pairing request that is "<fate>"
      And a user with every permission in "another project"
      And "another project" is selected
      When this person tries to "<action>"
      Then this request is not seen

      Examples:
        | fate      | action             |
        | rejected  | list the rejected  |
        | withdrawn | list the withdrawn |
        | paired    | list the paired    |

    Scenario Outline: Who has every right in another project, and works in the tenant, may not <action>
      Given a pending pairing request
      And a user with every permission in "another project"
      And "tenant" is selected
      When this person tries to "<action>"
      Then it is refused
      And one request of the cluster waits in Palette
      And the request is pending in Local UI

      Examples:
        | action |
        | open   |
        | match  |
        | accept |
        | reject |

    Scenario Outline: By profiles of the project where one works, one cannot <action> in another
      Given a pending pairing request
      And a user with every permission in "another project"
      And "another project" is selected
      When this person tries to "<action>", with profiles of their own that fit
      Then it is refused
      And one request of the cluster waits in Palette

      Examples:
        | action |
        | match  |
        | accept |

    Scenario: A user of another project can manage what is there
      Given a pending pairing request of "south" in another project
      And a user with every permission in "another project"
      And "another project" is selected
      When of the request of "south", this person tries to "reject"
      Then it succeeds

  Rule: Rights and scopes, crossed with what must not matter
    The rows are drawn (harness/tables): in each, one thing at most speaks against it.

    Scenario Outline: A user may <action>: one who has <rights>
      Given a pending pairing request
      And "<beside>" beside it, of another cluster
      And by "<by>" comes a user who has "<rights>" here "<since>", and "<besides>" besides
      And "<after>" has come in between for them
      When this person tries to "<action>"
      Then it succeeds

      @PRE-8 @central @extended
      Examples:
        | action | rights      | since  | besides  | by         | beside   | after  |
        | open   | every right | always | no right | an API key | no other | a look |

      @PRE-9 @central @extended
      Examples:
        | action | rights                    | since       | besides                        | by         | beside        | after            |
        | open   | a Cluster Editor's rights | for a while | every right in the tenant      | an API key | no other      | a restart        |
        | open   | a Cluster Editor's rights | of more     | every right in another project | a login    | another       | a look elsewhere |
        | open   | a Cluster Viewer's rights | always      | no right                       | an API key | one elsewhere | a restart        |
        | match  | every right               | always      | every right in another project | an API key | no other      | a look           |
        | match  | every right               | always      | every right in the tenant      | an API key | another       | a restart        |
        | match  | every right               | for a while | no right                       | an API key | no other      | a look elsewhere |
        | match  | every right               | for a while | no right                       | a login    | one elsewhere | a look           |
        | accept | every right               | always      | every right in another project | an API key | no other      | a look           |
        | accept | every right               | for a while | every right in the tenant      | a login    | another       | a look           |
        | accept | a Cluster Editor's rights | always      | every right in the tenant      | an API key | another       | a look elsewhere |
        | accept | a Cluster Editor's rights | of more     | no right                       | an API key | one elsewhere | a restart        |
        | reject | every right               | always      | no right                       | an API key | another       | a look elsewhere |
        | reject | every right               | always      | every right in another project | a login    | no other      | a look           |
        | reject | every right               | for a while | every right in the tenant      | an API key | one elsewhere | a restart        |

    Scenario Outline: A user may <action>, and sees the request: one who has <rights>
      Given a pending pairing request
      And "<beside>" beside it, of another cluster
      And by "<by>" comes a user who has "<rights>" here "<since>", and "<besides>" besides
      And "<after>" has come in between for them
      When this person tries to "<action>"
      Then it succeeds
      And the request is seen in the list

      @PRE-8 @central @extended
      Examples:
        | action | rights                    | since       | besides  | by         | beside   | after     |
        | list   | every right               | always      | no right | an API key | no other | a look    |
        | list   | a Cluster Editor's rights | of more     | no right | a login    | another  | a look    |
        | find   | every right               | always      | no right | an API key | no other | a look    |
        | find   | every right               | for a while | no right | an API key | no other | a look    |
        | find   | a Cluster Editor's rights | of more     | no right | an API key | another  | a restart |

      @PRE-9 @central @extended
      Examples:
        | action | rights                    | since       | besides                        | by         | beside        | after            |
        | list   | a Cluster Viewer's rights | always      | every right in the tenant      | a login    | one elsewhere | a look elsewhere |
        | list   | a Cluster Viewer's rights | for a while | every right in another project | an API key | another       | a restart        |
        | find   | a Cluster Editor's rights | of more     | every right in another project | a login    | one elsewhere | a look elsewhere |
        | find   | a Cluster Viewer's rights | of more     | every right in the tenant      | an API key | no other      | a look           |

    Scenario Outline: A user may not <action>: one who <amiss>
      Given a pending pairing request
      And "<beside>" beside it, of another cluster
      And by "<by>" comes a user who would "<action>" and "<amiss>", with "<besides>" besides
      And "<after>" has come in between for them
      When this person tries to "<action>"
      Then it is refused
      And one request of the cluster waits in Palette
      And the request is pending in Local UI

      @PRE-8 @central @extended
      Examples:
        | action | amiss                              | besides  | by                    | beside   | after     |
        | open   | lacks the right to it              | no right | an API key            | no other | a look    |
        | open   | has lost the right to it           | no right | a login of afterwards | no other | a look    |
        | match  | has no right here                  | no right | an API key            | no other | a restart |
        | accept | has lost every right here          | no right | an API key            | no other | a restart |
        | accept | has just a Cluster Viewer's rights | no right | an API key            | another  | a look    |
        | accept | has no right here                  | no right | an API key            | no other | a look    |
        | reject | has lost every right here          | no right | a login of afterwards | no other | a look    |
        | reject | has no right here                  | no right | an API key            | no other | a look    |

      @PRE-9 @central @extended
      Examples:
        | action | amiss                                  | besides                        | by                    | beside        | after            |
        | open   | has lost every right here              | no right                       | an API key            | another       | a look elsewhere |
        | open   | has no right here                      | no right                       | an API key            | one elsewhere | a look           |
        | open   | works in another project               | every right in the tenant      | a login               | no other      | a look           |
        | open   | works in a project that does not exist | every right in another project | an API key            | another       | a restart        |
        | match  | has lost every right here              | every right in another project | a login of afterwards | one elsewhere | a look           |
        | match  | works in another project               | every right in another project | an API key            | another       | a look elsewhere |
        | match  | works in another project               | every right in the tenant      | an API key            | no other      | a look           |
        | match  | works in a project that does not exist | no right                       | a login               | no other      | a look           |
        | accept | lacks the right to it                  | every right in another project | a login               | no other      | a look elsewhere |
        | accept | has lost the right to it               | no right                       | a login of afterwards | one elsewhere | a look elsewhere |
        | accept | has just a Cluster Viewer's rights     | every right in another project | an API key            | no other      | a restart        |
        | accept | works in another project               | every right in the tenant      | a login               | another       | a look           |
        | accept | works in a project that does not exist | no right                       | an API key            | no other      | a look           |
        | reject | lacks the right to it                  | no right                       | an API key            | one elsewhere | a restart        |
        | reject | has lost the right to it               | every right in another project | an API key            | another       | a restart        |
        | reject | has just a Cluster Viewer's rights     | no right                       | an API key            | one elsewhere | a look           |
        | reject | has just a Cluster Viewer's rights     | every right in another project | a login               | no other      | a look elsewhere |
        | reject | has just a Cluster Editor's rights     | no right                       | an API key            | one elsewhere | a look           |
        | reject | has just a Cluster Editor's rights     | no right                       | a login               | no other      | a look elsewhere |
        | reject | has just a Cluster Editor's rights     | every right in another project | an API key            | another       | a restart        |
        | reject | works in another project               | every right in another project | an API key            | no other      | a look           |
        | reject | works in a project that does not exist | every right in the tenant      | an API key            | no other      | a look           |

    Scenario Outline: A user sees no list
      Given a pending pairing request
      And "<beside>" beside it, of another cluster
      And by "<by>" comes a user who would "<action>" and "<amiss>", with "<besides>" besides
      And "<after>" has come in between for them
      When this person tries to "<action>"
      Then it is refused, or shows no request

      @PRE-8 @central @extended
      Examples:
        | action | amiss                     | besides  | by                    | beside   | after  |
        | list   | lacks the right to it     | no right | an API key            | no other | a look |
        | list   | has lost the right to it  | no right | a login               | no other | a look |
        | list   | has lost the right to it  | no right | a login of afterwards | another  | a look |
        | list   | has lost every right here | no right | a login               | no other | a look |
        | find   | lacks the right to it     | no right | an API key            | another  | a look |
        | find   | has lost every right here | no right | an API key            | no other | a look |

      @PRE-9 @central @extended
      Examples:
        | action | amiss                                  | besides                        | by                    | beside        | after            |
        | list   | has no right here                      | every right in another project | an API key            | no other      | a restart        |
        | list   | works in a project that does not exist | every right in the tenant      | a login               | one elsewhere | a look elsewhere |
        | find   | has lost the right to it               | every right in another project | a login of afterwards | no other      | a look           |
        | find   | has no right here                      | no right                       | a login               | another       | a look elsewhere |
        | find   | works in a project that does not exist | every right in the tenant      | an API key            | no other      | a look           |

    Scenario Outline: A user sees another list
      Given a pending pairing request
      And "<beside>" beside it, of another cluster
      And by "<by>" comes a user who would "<action>" and "<amiss>", with "<besides>" besides
      And "<after>" has come in between for them
      When this person tries to "<action>"
      Then this request is not seen

      @PRE-9 @central @extended
      Examples:
        | action | amiss                    | besides                        | by         | beside        | after     |
        | list   | works in another project | every right in another project | an API key | no other      | a look    |
        | find   | works in another project | every right in the tenant      | an API key | one elsewhere | a restart |

  @PRE-10 @central @extended @unspecified
  Rule: How far tenant scope goes, and how a missing permission is answered, is observed

    Background:
      Given the target tells projects apart

    Scenario Outline: Permissions in tenant scope, with the project selected: <action>
      Given a pending pairing request
      And a user with every permission in "tenant"
      When this person tries to "<action>"
      Then what the target does is observed: "<action>, with permissions in tenant scope only and the request's project selected"

      Examples:
        | action |
        | list   |
        | open   |
        | accept |
        | reject |

    Scenario Outline: Permissions in tenant scope, with no project selected: <action>
      Given a pending pairing request
      And a user with every permission in "tenant"
      And "tenant" is selected
      When this person tries to "<action>"
      Then what the target does is observed: "<action>, with permissions in tenant scope and no project selected"

      Examples:
        | action |
        | list   |
        | open   |
        | accept |
        | reject |

    Scenario Outline: Permissions in the project, with no project selected: <action>
      Given a pending pairing request
      And a user with every permission in "the project"
      And "tenant" is selected
      When this person tries to "<action>"
      Then what the target does is observed: "<action>, with permissions in the project only and no project selected"

      Examples:
        | action |
        | list   |
        | open   |
        | accept |
        | reject |

    Scenario Outline: How a missing permission is answered: <action>
      Given a pending pairing request
      And a user with every permission but "<permission>"
      When this person tries to "<action>"
      Then what the target does is observed: "<action>, without the permission to <permission>"

      Examples:
        | permission | action |
        | list       | list   |
        | get        | open   |
        | update     | accept |
        | delete     | reject |

    Scenario Outline: Whether what is not permitted seems not to exist: <action>
      Given a pending pairing request
      And a user with every permission in "nowhere"
      When this person tries to "<action>"
      Then what the target does is observed: "<action>, by a user who has no business in the project"

      Examples:
        | action |
        | list   |
        | open   |
        | match  |

    Scenario: Whether one may read what one may not decide
      Given a pending pairing request
      And a user with no permission but "list, get"
      When this person tries to "open"
      And this person tries to "match"
      And this person tries to "accept"
      And this person tries to "reject"
      Then what the target does is observed: "a user may list and get, and neither update nor delete"

    Scenario Outline: Whether a match needs more than to read: with "<permission>" alone
      Given a pending pairing request
      And a user with no permission but "<permission>"
      When this person tries to "match"
      Then what the target does is observed: "a match, by a user who may only <permission>"

      Examples:
        | permission |
        | list       |
        | get        |
        | update     |
        | delete     |

    Scenario Outline: Whether one permission suffices without another: <action> with "<permissions>"
      Given a pending pairing request
      And a user with no permission but "<permissions>"
      When this person tries to "<action>"
      Then what the target does is observed: "<action>, by a user who may just <permissions>"

      Examples:
        | permissions          | action |
        | list                 | list   |
        | get                  | open   |
        | update               | accept |
        | delete               | reject |
        | list, update         | accept |
        | get, update          | accept |
        | list, delete         | reject |
        | get, delete          | reject |
        | list, get, delete    | reject |
        | get, update, delete  | open   |
        | list, update, delete | list   |
