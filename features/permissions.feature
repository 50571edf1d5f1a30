Feature: Who may manage pairing requests
  Accepting a request hands a running cluster over, so not everybody may do it. List, get,
  update (accept) and delete (reject) are permissions of their own, in a project or a tenant.

  @PRE-8 @central @extended
  Rule: Managing requests needs permission

    Scenario Outline: Without "<permission>" a user cannot <action>, and trying changes nothing
      Given a pending pairing request
      And a user with every permission but "<permission>"
      When this person tries to "<action>"
      Then it is refused, or shows no request
      And the request goes on waiting in Palette
      And the request is pending in Local UI

      Examples:
        | permission | action |
        | list       | list   |
        | get        | open   |
        | update     | accept |
        | delete     | reject |

    Scenario Outline: With the permissions of a <role> a user can <action>
      Given a pending pairing request
      And a user with no permission but "<permissions>"
      When this person tries to "<action>"
      Then it succeeds

      Examples:
        | role           | permissions       | action |
        | Cluster Viewer | list, get         | list   |
        | Cluster Viewer | list, get         | open   |
        | Cluster Editor | list, get, update | list   |
        | Cluster Editor | list, get, update | open   |
        | Cluster Editor | list, get, update | accept |

    Scenario Outline: With the permissions of a <role> a user cannot <action>
      Given a pending pairing request
      And a user with no permission but "<permissions>"
      When this person tries to "<action>"
      Then it is refused
      And the request goes on waiting in Palette

      Examples:
        | role           | permissions       | action |
        | Cluster Viewer | list, get         | accept |
        | Cluster Viewer | list, get         | reject |
        | Cluster Editor | list, get, update | reject |

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

    Scenario Outline: Without any permission a user cannot <action>
      Given a pending pairing request
      And a user with every permission in "nowhere"
      When this person tries to "<action>"
      Then it is refused, or shows no request
      And the request goes on waiting in Palette
      And the request is pending in Local UI

      Examples:
        | action |
        | list   |
        | open   |
        | accept |
        | reject |

    Scenario Outline: With every permission in the project a user can <action>
      Given a pending pairing request
      And a user with every permission in "the project"
      When this person tries to "<action>"
      Then it succeeds

      Examples:
        | action |
        | list   |
        | open   |
        | accept |
        | reject |

    Scenario Outline: A permission that was taken away does not help to <action>
      Given a pending pairing request
      And a user whose permissions to list and to "<permission>" were taken away
      When this person tries to "<action>"
      Then it is refused, or shows no request
      And the request goes on waiting in Palette

      Examples:
        | permission | action |
        | list       | list   |
        | get        | open   |
        | update     | accept |
        | delete     | reject |

  @PRE-9 @central @extended
  Rule: Another scope's permission or project does not help

    Background:
      Given the target tells projects apart

    Scenario Outline: Permissions in another project do not help to <action>
      Given a pending pairing request
      And a user with every permission in "another project"
      When this person tries to "<action>"
      Then it is refused
      And the request goes on waiting in Palette
      And the request is pending in Local UI

      Examples:
        | action |
        | open   |
        | match  |
        | accept |
        | reject |

    Scenario Outline: With another project selected, nobody gets to <action>: permissions in <scopes>
      Given a pending pairing request
      And a user with every permission in "<scopes>"
      And "another project" is selected
      When this person tries to "<action>"
      Then it is refused
      And the request goes on waiting in Palette
      And the request is pending in Local UI

      Examples:
        | scopes                       | action |
        | another project              | open   |
        | another project              | match  |
        | another project              | accept |
        | another project              | reject |
        | the project, another project | open   |
        | the project, another project | match  |
        | the project, another project | accept |
        | the project, another project | reject |
        | the project                  | open   |
        | the project                  | match  |
        | the project                  | accept |
        | the project                  | reject |

    Scenario Outline: The list does not show it to permissions in <scopes> with <selected> selected
      Given a pending pairing request
      And a user with every permission in "<scopes>"
      And "<selected>" is selected
      When this person tries to "list"
      Then this request is not seen

      Examples:
        | scopes                       | selected        |
        | another project              | the project     |
        | another project              | another project |
        | the project                  | another project |
        | the project, another project | another project |

    Scenario Outline: A permission here and the rest elsewhere: a user cannot <action>
      Given a pending pairing request
      And a user with "<here>" in the project and every permission in another project
      When this person tries to "<action>"
      Then it is refused
      And the request goes on waiting in Palette

      Examples:
        | here              | action |
        | list, get, delete | accept |
        | list, get, update | reject |
        | list              | open   |

    Scenario Outline: A project that does not exist opens nothing: <action>
      Given a pending pairing request
      And a user with every permission in "the project, tenant"
      And "unknown" is selected
      When this person tries to "<action>"
      Then it is refused, or shows no request
      And the request goes on waiting in Palette

      Examples:
        | action |
        | list   |
        | open   |
        | accept |
        | reject |

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

    Scenario: A user of another project can manage what is there
      Given a pending pairing request of "south" in another project
      And a user with every permission in "another project"
      And "another project" is selected
      When of the request of "south", this person tries to "reject"
      Then it succeeds

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
