Feature: Accept a pairing request in Palette
  An administrator finds the request that a local cluster has sent, matches its profiles and
  pairs the cluster. From then on Palette manages it, and there is no way back.

  @ACC-1 @central @core
  Rule: A login to Palette is needed

    Scenario Outline: Reviewing requests without a login that is good
      Given somebody with "<credentials>"
      And a pending pairing request
      When this person tries to "<action>"
      Then it is refused
      And the request goes on waiting in Palette
      And the request is pending in Local UI

      Examples:
        | credentials                  | action |
        | no login                     | list   |
        | no login                     | open   |
        | no login                     | match  |
        | no login                     | accept |
        | no login                     | reject |
        | an unknown API key           | list   |
        | an unknown API key           | open   |
        | an unknown API key           | match  |
        | an unknown API key           | accept |
        | an unknown API key           | reject |
        | an unknown session           | list   |
        | an unknown session           | open   |
        | an unknown session           | match  |
        | an unknown session           | accept |
        | an unknown session           | reject |
        | a login that has expired     | list   |
        | a login that has expired     | open   |
        | a login that has expired     | match  |
        | a login that has expired     | accept |
        | a login that has expired     | reject |
        | an API key that is cut short | list   |
        | an API key that is cut short | accept |
        | an API key that goes on      | list   |
        | an API key that goes on      | accept |
        | a session that is cut short  | list   |
        | a session that is cut short  | accept |
        | an API key of a removed user | list   |
        | an API key of a removed user | accept |
        | a login of a removed user    | list   |
        | a login of a removed user    | accept |
        | an API key that has ended    | list   |
        | an API key that has ended    | open   |
        | an API key that has ended    | match  |
        | an API key that has ended    | accept |
        | an API key that has ended    | reject |

    Scenario Outline: A restart of Palette does not bring an expired login back, to <action>
      Given somebody with "a login that has expired"
      And a pending pairing request
      And Palette has restarted
      When this person tries to "<action>"
      Then it is refused
      And the request goes on waiting in Palette

      Examples:
        | action |
        | list   |
        | open   |
        | accept |
        | reject |

    Scenario Outline: Somebody else's login does not bring an expired one back, to <action>
      Given somebody with "a login that has expired"
      And a pending pairing request
      And another administrator has logged in since
      When this person tries to "<action>"
      Then it is refused
      And the request goes on waiting in Palette

      Examples:
        | action |
        | list   |
        | accept |

    Scenario: A wrong password opens nothing
      When somebody logs in to Palette with a wrong password
      Then it is refused

    Scenario: An empty password opens nothing
      When somebody logs in to Palette with an empty password
      Then it is refused

    Scenario: An unknown user is not let in
      When somebody logs in to Palette as nobody whom it knows
      Then it is refused

    Scenario Outline: With a login that is good, requests can be reviewed
      Given a pending pairing request
      And somebody who has logged in with the right password
      When this person tries to "<action>"
      Then it succeeds

      Examples:
        | action |
        | list   |
        | open   |
        | match  |
        | accept |
        | reject |

  @ACC-3 @central @core
  Rule: A request can be picked out by its pairing id among many

    Background:
      Given the cluster "north" named "plant"
      And the cluster "south" named "plant"
      And the cluster "harbor" named "harbor-office"
      And a pending pairing request of "north"
      And a pending pairing request of "south"
      And a pending pairing request of "harbor"

    Scenario Outline: Each of three requests stands in the list, once
      When the administrator lists the pairing requests
      Then the request of "<cluster>" is listed once

      Examples:
        | cluster |
        | north   |
        | south   |
        | harbor  |

    Scenario Outline: Opened by its id, a request shows the cluster that sent it
      When the administrator opens the request of "<cluster>" by its id
      Then it shows the cluster "<cluster>"

      Examples:
        | cluster |
        | north   |
        | south   |
        | harbor  |

    Scenario: Picked out by its id, one of two with the same name is accepted
      When the administrator accepts the request of "south"
      Then it succeeds
      And just the requests of "north" and "harbor" still wait in Palette

  @ACC-24 @both @core
  Rule: The request brings along the cluster's name, description and tags

    Scenario Outline: An opened request shows what the local cluster has
      Given a local cluster with the description "<description>" and the tags "<tags>"
      And a pending pairing request
      When the administrator opens the request
      Then it shows the name, the description and the tags of the local cluster

      Examples:
        | description                   | tags                                 |
        | Bottling line 7, second floor | area=dock, line=7, owner=night-shift |
        | (none)                        | (none)                               |
        | Kühlhaus „Nord“ – 100 % Öko   | team/edge=ops, cost-center=k_4711.b  |
        | A tag without a value         | site=north, spare=                   |

    Scenario Outline: A request that follows one that was <fate> shows the tags that there are now
      Given a pairing request that is "<fate>"
      And its tags have been changed in Local UI
      And the operator has sent a pairing request again
      When the administrator opens the request
      Then it shows the name, the description and the tags of the local cluster

      Examples:
        | fate      |
        | rejected  |
        | withdrawn |

    Scenario: Accepted without a change, the cluster bears its own values
      Given a pending pairing request
      And the administrator has accepted it with the name "(kept)", the description "(kept)" and the tags "(kept)"
      And the host has confirmed the pairing
      Then the central cluster bears the name "(kept)", the description "(kept)" and the tags "(kept)"

  @ACC-6 @central @core
  Rule: Name, description and tags can be changed, and what was confirmed is what the cluster bears

    Scenario Outline: What was confirmed is borne, <change>
      Given a pending pairing request
      And it has brought along the cluster's own values
      And the administrator has accepted it with the name "<name>", the description "<description>" and the tags "<tags>"
      Then the central cluster bears the name "<name>", the description "<description>" and the tags "<tags>"

      Examples:
        | change                            | name         | description     | tags                |
        | the name alone changed            | first-choice | (kept)          | (kept)              |
        | the description alone changed     | (kept)       | Moved to dock 4 | (kept)              |
        | the tags alone changed            | (kept)       | (kept)          | dock=4, shift=night |
        | name and tags changed             | first-choice | (kept)          | dock=4              |
        | all three changed                 | first-choice | Moved to dock 4 | dock=4, shift=night |
        | nothing changed                   | (kept)       | (kept)          | (kept)              |

    Scenario Outline: What was confirmed is borne, where it may be confirmed: <change>
      Given a pending pairing request
      And it has brought along the cluster's own values
      And the administrator may accept, and has accepted it with the name "(kept)", the description "<description>" and the tags "<tags>"
      Then the central cluster bears the name "(kept)", the description "<description>" and the tags "<tags>"

      Examples:
        | change                            | description     | tags             |
        | the tags emptied                  | (kept)          | (none)           |
        | the description emptied           | (none)          | (kept)           |
        | description and tags both emptied | (none)          | (none)           |
        | letters of other scripts          | Kühlhaus „Nord“ | team/edge=Öl_1.b |
        | capitals in the keys of tags      | (kept)          | Dock=4, Pier=b   |
        | keys of tags that capitals part   | (kept)          | dock=4, Dock=b   |

    Scenario Outline: It is still borne when the host has confirmed, <change>
      Given a pending pairing request
      And it has brought along the cluster's own values
      And the administrator has accepted it with the name "<name>", the description "<description>" and the tags "<tags>"
      And the host has confirmed the pairing
      Then the central cluster bears the name "<name>", the description "<description>" and the tags "<tags>"

      Examples:
        | change            | name         | description     | tags                |
        | all three changed | first-choice | Moved to dock 4 | dock=4, shift=night |
        | nothing changed   | (kept)       | (kept)          | (kept)              |

    Scenario: It is still empty when the host has confirmed
      Given a pending pairing request
      And it has brought along the cluster's own values
      And the administrator may accept, and has accepted it with the name "first-choice", the description "(none)" and the tags "(none)"
      And the host has confirmed the pairing
      Then the central cluster bears the name "first-choice", the description "(none)" and the tags "(none)"

    Scenario Outline: It is still borne when Palette is restarted, <change>
      Given a pending pairing request
      And it has brought along the cluster's own values
      And the administrator has accepted it with the name "<name>", the description "<description>" and the tags "<tags>"
      And the host has confirmed the pairing
      When Palette is restarted
      Then the central cluster bears the name "<name>", the description "<description>" and the tags "<tags>"

      Examples:
        | change            | name         | description     | tags                |
        | all three changed | first-choice | Moved to dock 4 | dock=4, shift=night |
        | nothing changed   | (kept)       | (kept)          | (kept)              |

    Scenario Outline: It is borne though Palette restarts before the host hears of it, <change>
      Given a pending pairing request
      And it has brought along the cluster's own values
      And the cluster cannot reach Palette
      And the administrator has accepted it with the name "<name>", the description "<description>" and the tags "<tags>"
      And Palette has restarted
      And Palette still waits for its host
      And the cluster can reach Palette again
      And the host has confirmed the pairing
      Then the central cluster bears the name "<name>", the description "<description>" and the tags "<tags>"

      Examples:
        | change            | name         | description     | tags                |
        | all three changed | first-choice | Moved to dock 4 | dock=4, shift=night |
        | nothing changed   | (kept)       | (kept)          | (kept)              |

    Scenario: Of two who accept it at one instant, what is borne was confirmed by whose acceptance counts
      Given a pending pairing request
      When two administrators accept it at one instant, each under a name of their own
      Then the central cluster bears what was confirmed by whose acceptance was taken

    Scenario Outline: Of two accepted in turn each bears its own: the second <second>, by <who>
      Given a pending pairing request of "north"
      And a pending pairing request of "south"
      And an administrator who is logged in
      And this person has paired "north" with the name "first-choice", the description "Moved to dock 4" and the tags "dock=4"
      And <who> goes on
      And this person has paired "south" with the name "(kept)", the description "<value>" and the tags "<value>"
      Then Palette shows "south" with the name "(kept)", the description "<value>" and the tags "<value>"
      And it shows "south" with nothing that was entered for "north"
      And Palette shows "north" with the name "first-choice", the description "Moved to dock 4" and the tags "dock=4"

      Examples:
        | second     | who                    | value  |
        | as it was  | the same administrator | (kept) |
        | as it was  | another administrator  | (kept) |
        | emptied    | the same administrator | (none) |

    Scenario: Of two accepted in turn each bears its own: the first as it was
      Given a pending pairing request of "north"
      And a pending pairing request of "south"
      And an administrator who is logged in
      And this person has paired "north" with the name "(kept)", the description "(kept)" and the tags "(kept)"
      And this person has paired "south" with the name "first-choice", the description "Moved to dock 4" and the tags "dock=4"
      Then Palette shows "south" with the name "first-choice", the description "Moved to dock 4" and the tags "dock=4"
      And Palette shows "north" with the name "(kept)", the description "(kept)" and the tags "(kept)"
      And it shows "north" with nothing that was entered for "south"

    Scenario Outline: What is left out for the second is not taken from the first: <what>
      Given a pending pairing request of "north"
      And a pending pairing request of "south"
      And an administrator who is logged in
      And this person has paired "north" with the name "first-choice", the description "Moved to dock 4" and the tags "dock=4"
      And this person has paired "south" with the name "<name>", the description "(left out)" and the tags "(left out)"
      Then it shows "south" with nothing that was entered for "north"

      Examples:
        | what                 | name       |
        | description and tags | (kept)     |
        | the name as well     | (left out) |

    Scenario: What is left out is not taken from an earlier request of the cluster
      Given a local cluster
      And its tags have been changed in Local UI
      And a pairing request that was sent, cancelled, and is gone in Palette
      And its tags have been changed in Local UI once more
      And the operator has sent a pairing request again
      And an administrator who is logged in
      And this person has paired "the cluster" with the name "(left out)", the description "(left out)" and the tags "(left out)"
      Then the central cluster bears none of the tags that were replaced

  @ACC-12 @both @core
  Rule: After Pair cluster the cluster is registered and managed centrally

    Scenario Outline: A request that was sent insecurely is paired, <event>
      Given a local cluster
      And an endpoint of the form "untrusted"
      And insecure is asked for
      And a request that was sent
      And <event>
      When the administrator accepts the request
      Then Palette manages the cluster

      Examples:
        | event                                |
        | its host has followed it for a while |
        | the edge has restarted               |

    Scenario Outline: Of two that were accepted, <first> first, the one whose host hears of it is managed by Palette
      Given a pending pairing request of "north"
      And a pending pairing request of "south"
      And "north" cannot reach Palette
      And "south" cannot reach Palette
      And the administrator has accepted the request of "<first>"
      And the administrator has accepted the request of "<last>"
      When "north" can reach Palette again
      Then Palette manages "north"
      And "south" is locally managed

      Examples:
        | first | last  |
        | north | south |
        | south | north |

    Scenario: A central operation on the paired cluster takes effect
      Given a pending pairing request
      When the administrator accepts the request
      Then it succeeds
      And Palette shows the cluster
      And Palette manages the cluster

    Scenario Outline: Palette's list of clusters has the paired cluster once, when <since>
      Given Palette has a list of clusters
      And a pending pairing request
      And the administrator has accepted it with the name "first-choice", the description "(kept)" and the tags "(kept)"
      And the host has confirmed the pairing
      And since then "<since>"
      Then Palette lists the cluster once, by the name "first-choice"

      Examples:
        | since                           |
        | nothing has happened            |
        | Palette has restarted           |
        | another cluster has been paired |

    Scenario: Each of two paired clusters is listed
      Given Palette has a list of clusters
      And a pending pairing request
      And the administrator has accepted it with the name "first-choice", the description "(kept)" and the tags "(kept)"
      And the host has confirmed the pairing
      And since then "another cluster has been paired"
      Then Palette lists the other cluster once as well

    Scenario: Who works in another project does not see the paired cluster in its list
      Given Palette has a list of clusters
      And the target tells projects apart
      And a pending pairing request
      And the administrator has accepted the request
      And the host has confirmed the pairing
      And an administrator of another project who lists clusters
      Then the cluster is not among those

    Scenario Outline: The <operation> of the paired cluster takes effect
      Given a paired cluster
      Then the "<operation>" by Palette takes effect

      Examples:
        | operation              |
        | change of the metadata |
        | change of the profiles |

    Scenario Outline: After the <first>, the <second>, <when>: neither undoes the other
      Given a paired cluster
      Then the "<first>" and the "<second>", <when>, both take effect

      Examples:
        | first                  | second                 | when                |
        | change of the metadata | change of the profiles | one after the other |
        | change of the profiles | change of the metadata | one after the other |
        | change of the metadata | change of the profiles | at one instant      |

    Scenario: A second central operation takes effect as well
      Given a pending pairing request
      And the administrator has accepted the request
      Then Palette manages the cluster
      And Palette still manages the cluster

    Scenario: A confirmation that comes once more undoes nothing
      Given 3 requests of hosts wait in Palette
      And one of them is paired, and Palette has changed it since
      When its host confirms once more
      Then the cluster is as Palette has changed it
      And the request has become just that one cluster

    Scenario: A confirmation that comes once more brings no second cluster into the list of clusters
      Given Palette has a list of clusters
      And 3 requests of hosts wait in Palette
      And one of them is paired, and Palette has changed it since
      When its host confirms once more
      Then Palette lists that cluster once, and no other by its name

    Scenario: A restart of Palette changes nothing about that
      Given a paired cluster
      When Palette is restarted
      Then Palette shows the cluster
      And Palette manages the cluster

    Scenario: It goes through though Palette restarts before the host hears of it
      Given a pending pairing request
      And the cluster cannot reach Palette
      And the administrator has accepted the request
      And Palette has restarted
      And Palette still waits for its host
      And the cluster can reach Palette again
      Then Palette manages the cluster

    Scenario: What is refused after the acceptance does not keep it from going through
      Given a pending pairing request
      And the administrator has accepted the request
      And another acceptance and a reject of the same request were refused
      Then Palette manages the cluster

    Scenario: What is refused before the host has heard of the acceptance does not keep it from going through either
      Given a pending pairing request
      And the next 1000 questions of the host about its request are lost
      And one of these questions has been lost
      And the administrator has accepted the request
      And another acceptance and a reject of the same request were refused
      And no more of these questions are lost
      Then Palette manages the cluster

    Scenario: Paired under another name, it is managed under that name
      Given a pending pairing request
      And "the administrator" has accepted the request under the name "first-choice"
      Then Palette manages the cluster

    Scenario: An acceptance that came to nothing does not stand in the way of the next one
      Given a pending pairing request
      And the cluster cannot reach Palette
      And the administrator has accepted the request
      And Palette waits for its host no longer
      And the administrator has opened the request
      And the cluster can reach Palette again
      And the pairing has come to nothing
      And a request that was sent
      When the administrator accepts the request
      Then it succeeds
      And Palette manages the cluster

  @ACC-14 @central @core
  Rule: An accepted request is no longer pending, and is not decided again

    Scenario: It is not listed any more
      Given a pending pairing request
      And the administrator has accepted the request
      Then the request no longer waits in Palette

    Scenario: It is not listed again when its host is not heard of for a long time
      Given a pending pairing request
      And the cluster cannot reach Palette
      And the administrator has accepted the request
      When a week passes at Palette
      And the administrator opens the request by its id
      Then no request of the cluster waits in Palette

    Scenario: The others are listed as before
      Given a pending pairing request of "north"
      And a pending pairing request of "south"
      And a pending pairing request of "harbor"
      When the administrator accepts the request of "south"
      Then just the requests of "north" and "harbor" wait in Palette, and that stays so

    Scenario Outline: A second acceptance is refused right after the first: by <who>
      Given a pending pairing request
      And "the administrator" has accepted the request under the name "first-choice"
      When "<who>" accepts the request under the name "<name>"
      Then it is refused
      And the request no longer waits in Palette
      And the central cluster bears the name "first-choice", the description "(kept)" and the tags "(kept)"

      Examples:
        | who                    | name          |
        | the administrator      | first-choice  |
        | the administrator      | second-choice |
        | a second administrator | second-choice |

    Scenario: What was entered in vain does not come to be borne later either
      Given a pending pairing request
      And "the administrator" has accepted the request under the name "first-choice"
      When "a second administrator" accepts the request under the name "second-choice"
      Then it is refused
      And the central cluster bears the name "first-choice", the description "(kept)" and the tags "(kept)"
      And it goes on bearing the name "first-choice"

    Scenario Outline: No other cluster comes of a second acceptance, under the name <name>
      Given Palette has a list of clusters
      And a pending pairing request
      And "the administrator" has accepted the request under the name "first-choice"
      When "a second administrator" accepts the request under the name "<name>"
      Then it is refused
      And Palette lists the cluster once, by the name "first-choice"
      And Palette goes on listing no other cluster by the name "<name>"

      Examples:
        | name          |
        | first-choice  |
        | second-choice |

    Scenario Outline: A reject is refused right after the acceptance: by <who>
      Given a pending pairing request
      And "the administrator" has accepted the request under the name "first-choice"
      When "<who>" rejects the request
      Then it is refused
      And the request no longer waits in Palette
      And the central cluster bears the name "first-choice", the description "(kept)" and the tags "(kept)"

      Examples:
        | who                    |
        | the administrator      |
        | a second administrator |

    Scenario: A second acceptance of a paired cluster is refused and changes nothing
      Given a paired cluster
      And Palette manages the cluster
      When the administrator accepts the request
      Then it is refused
      And Palette still manages the cluster
      And the cluster is still centrally managed

    Scenario: A reject of a paired cluster is refused and changes nothing
      Given a paired cluster
      And Palette manages the cluster
      When the administrator rejects the request
      Then it is refused
      And Palette still manages the cluster
      And the cluster is still centrally managed

    Scenario: It does not come back when Palette is restarted
      Given a paired cluster
      When Palette is restarted
      Then no request waits in Palette, and that stays so

    Scenario: It does not come back when Palette restarts before the host hears of the acceptance
      Given a pending pairing request
      And the cluster cannot reach Palette
      And the administrator has accepted the request
      When Palette is restarted
      Then no request waits in Palette, and that stays so

    Scenario: A second acceptance is refused when Palette was restarted as well
      Given a paired cluster
      And Palette manages the cluster
      When Palette is restarted
      And the administrator accepts the request
      Then it is refused
      And Palette still manages the cluster

  @ACC-15 @both @core
  Rule: A refused match changes nothing

    Scenario Outline: After <fault>, everything is as before and a fitting match still pairs
      Given a pending pairing request
      And an acceptance was refused for "<fault>"
      Then the request goes on waiting in Palette
      And the request is pending in Local UI
      And the cluster is still locally managed
      And the cluster can still be paired with fitting profiles

      Examples:
        | fault                            |
        | a wrong version                  |
        | a pack too many                  |
        | a missing layer                  |
        | a version that is not the latest |
        | a second infra profile           |
        | nothing selected                 |
        | a profile that does not exist    |

    Scenario: After a refused match the cluster still works locally
      Given a pending pairing request
      And an acceptance was refused for "a wrong version"
      Then a local operation on the cluster takes effect
      And the request is pending in Local UI

    Scenario: Refused twice, it is as pending as before
      Given a pending pairing request
      And an acceptance was refused for "a missing layer"
      And an acceptance was refused for "a wrong version"
      Then the request goes on waiting in Palette
      And the cluster can still be paired with fitting profiles

    Scenario: Refused five times, it is as pending as before
      Given a pending pairing request
      And an acceptance was refused for "a wrong version"
      And an acceptance was refused for "a pack too many"
      And an acceptance was refused for "a missing layer"
      And an acceptance was refused for "a wrong version"
      And an acceptance was refused for "a pack too many"
      Then the request goes on waiting in Palette
      And the cluster can still be paired with fitting profiles

    Scenario Outline: After a refused match <who> can still reject the request
      Given a pending pairing request
      And an acceptance was refused for "a wrong version"
      When by "<who>", who is let, it is rejected
      Then it succeeds
      And nothing is pending in Local UI

      Examples:
        | who                         |
        | the project's administrator |
        | another administrator       |

    Scenario: What was entered beside a refused match is not kept
      Given a pending pairing request
      And an acceptance with another name, description and tags was refused for "a wrong version"
      When the administrator opens the request
      Then it shows the name, the description and the tags of the local cluster

    Scenario: What was entered beside a refused match is not borne later either
      Given a pending pairing request
      And an acceptance with another name, description and tags was refused for "a wrong version"
      And an administrator who is logged in
      And this person has paired "the cluster" with the name "(kept)", the description "(kept)" and the tags "(kept)"
      Then the central cluster bears the name "(kept)", the description "(kept)" and the tags "(kept)"
      And what was refused takes no effect

    Scenario: No cluster comes of a refused match
      Given Palette has a list of clusters
      And a pending pairing request
      And an acceptance with another name, description and tags was refused for "a wrong version"
      And an administrator who is logged in
      And this person has paired "the cluster" with the name "first-choice", the description "(kept)" and the tags "(kept)"
      Then Palette lists the cluster once, by the name "first-choice"
      And Palette goes on listing no other cluster by the name "entered"

    Scenario: What was entered beside a refused match is not borne by who enters nothing
      Given a pending pairing request
      And an acceptance with another name, description and tags was refused for "a wrong version"
      And an administrator who is logged in
      And this person has paired "the cluster" with the name "(left out)", the description "(left out)" and the tags "(left out)"
      Then what was refused takes no effect

    Scenario: A match that is only asked for decides nothing
      Given a pending pairing request
      And fitting profiles are selected
      And the administrator has matched them with the request
      Then the request goes on waiting in Palette
      And the request is pending in Local UI
      And the cluster is still locally managed

  @ACC-19 @both @extended
  Rule: The transfer is for good, on the central side

    Scenario: Palette does not give a paired cluster back
      Given a paired cluster
      And Palette manages the cluster
      When the administrator asks Palette to give the cluster back to local management
      Then it is refused
      And Palette still manages the cluster
      And the cluster is still centrally managed

  @ACC-20 @central @core
  Rule: Only a pending request can be accepted

    Scenario Outline: An acceptance is refused when the request is <fate>
      Given a pairing request that is "<fate>"
      When the administrator accepts the request
      Then it is refused
      And no request waits in Palette, and that stays so
      And the cluster is still locally managed
      And nothing is pending in Local UI

      Examples:
        | fate      |
        | unknown   |
        | rejected  |
        | withdrawn |

    Scenario: A rejected request cannot be accepted by another administrator either
      Given a pending pairing request
      And "the administrator" has rejected the request
      When "a second administrator" accepts the request under the name "second-choice"
      Then it is refused
      And the cluster is still locally managed

    Scenario Outline: An id that is nearly right accepts nothing: one that <differs>
      Given a pending pairing request
      When the administrator accepts a request by an id that "<differs>"
      Then it is refused
      And the request goes on waiting in Palette
      And the request is pending in Local UI
      And the cluster is still locally managed

      Examples:
        | differs                       |
        | differs in its last character |
        | is cut short                  |

    Scenario Outline: Of two requests of one cluster, the <fate> one cannot be accepted for the other
      Given a pairing request that is "<fate>"
      And the operator has sent a pairing request again
      When the administrator accepts the earlier request
      Then it is refused
      And only this request waits in Palette
      And the request is pending in Local UI

      Examples:
        | fate      |
        | rejected  |
        | withdrawn |
