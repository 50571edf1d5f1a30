Feature: Send a pairing request from the local cluster
  An operator asks at Local UI for central management. What counts is that the right people can
  ask, that the request can be recognised on both sides by its id, and that asking alone changes
  nothing: until somebody accepts, the cluster stays in local hands.

  @SND-1 @edge @core
  Rule: Sending needs a login to Local UI

    Scenario: Somebody who is logged in sends a request
      Given a local cluster
      When the operator sends a pairing request
      Then the request is sent

    Scenario Outline: Somebody with <session> session sends no request
      Given a local cluster
      When somebody with <session> session sends a pairing request
      Then the request is refused
      And nothing is pending in Local UI
      And no request of the cluster comes to Palette

      Examples:
        | session                 |
        | no                      |
        | a made-up               |
        | a cut-short             |
        | a logged-out            |
        | an extended, logged-out |
        | an earlier, logged-out  |
        | an expired              |
        | an extended, expired    |

    Scenario: Somebody whose session was ended at another host of the cluster sends no request
      Given a cluster "of three nodes", with "nothing" behind it
      When somebody with an elsewhere logged-out session sends a pairing request
      Then the request is refused
      And nothing is pending in Local UI
      And no request of the cluster comes to Palette

    Scenario Outline: A restart of the edge does not bring <session> session back
      Given a local cluster
      When somebody with <session> session, from before a restart of the edge, sends a pairing request
      Then the request is refused
      And nothing is pending in Local UI
      And no request of the cluster comes to Palette

      Examples:
        | session      |
        | a logged-out |
        | an expired   |

    Scenario Outline: A restart of the edge does not bring <session> session back that nobody has come after
      Given a local cluster
      When somebody with <session> session sends a pairing request, where the edge has restarted before anybody else has logged in
      Then the request is refused
      And nothing is pending in Local UI
      And no request of the cluster comes to Palette

      Examples:
        | session      |
        | a logged-out |
        | an expired   |

    Scenario Outline: <login> opens no session
      Given a local cluster
      When somebody logs in with "<login>"
      Then it is refused

      Examples:
        | login                |
        | a wrong password     |
        | an empty password    |
        | a cut-short password |
        | a longer password    |
        | an unknown user      |

  @SND-2 @edge @core
  Rule: Settings, Centrally Managed asks for the endpoint and the token

    Scenario: Centrally Managed prompts for what pairing needs
      Given the pages of the target
      And a local cluster
      When the operator opens the page "Settings"
      And the operator clicks "Centrally Managed" on the page "Settings"
      Then the page offers "Palette endpoint"
      And the page offers "Registration token"
      And the page shows "Pair"

    Scenario: Centrally Managed alone changes nothing
      Given the pages of the target
      And a local cluster
      When the operator opens the page "Settings"
      And the operator clicks "Centrally Managed" on the page "Settings"
      Then on the page "Settings", "Centrally Managed" is chosen
      And nothing is pending in Local UI
      And no request reaches Palette
      And the cluster is still locally managed

  @SND-3 @edge @core
  Rule: The pairing id is shown, and stays readable

    Scenario: Local UI shows the id of the request that was sent
      Given a local cluster
      When the operator sends a pairing request
      Then the request is sent
      And Local UI shows its pairing id

    Scenario: The id stays readable while the request is pending
      Given a pending pairing request
      Then Local UI goes on showing its pairing id

    Scenario: The id is shown to a later login
      Given a pending pairing request
      When the operator logs in again
      Then Local UI shows its pairing id

    Scenario: The id is shown after a restart of the edge
      Given a pending pairing request
      When the edge restarts
      Then Local UI shows its pairing id
      And Local UI goes on showing its pairing id

    Scenario: The id is shown after a restart of Palette
      Given a pending pairing request
      When Palette restarts
      Then Local UI shows its pairing id

    Scenario: Each cluster shows the id of its own request
      Given a pending pairing request
      And a pending pairing request of another cluster
      Then Local UI shows its pairing id
      And Local UI of the other cluster shows the pairing id of that one

  @SND-4 @both @core
  Rule: Both sides know the request by the same id

    Scenario: The id that Local UI shows is listed in Palette for this cluster
      Given a pending pairing request
      Then Palette lists the request under its id for this cluster

    Scenario: The id that Local UI shows opens the request in Palette
      Given a pending pairing request
      When the administrator opens the request by its id
      Then Palette shows the request of this cluster

    Scenario: Two requests are not taken for one another
      Given a pending pairing request
      And a pending pairing request of another cluster
      Then Palette lists the request under its id for this cluster
      And Palette lists the other request under its id for the other cluster

    Scenario: A request that follows a cancelled one is known by the new id on both sides
      Given a pairing request that was sent and cancelled
      And a request that was sent
      Then Palette lists the request under its id for this cluster
      And Local UI shows its pairing id

    Scenario: Both sides still agree after both have restarted
      Given a pending pairing request
      When the edge restarts
      And Palette restarts
      Then Palette lists the request under its id for this cluster

  @SND-5 @both @core
  Rule: A pairing id stands for one request only

    Scenario: Three clusters have three ids
      Given a pending pairing request
      And a pending pairing request of another cluster
      And a pending pairing request of a third cluster
      Then the 3 requests have 3 pairing ids

    Scenario: Clusters that send at one instant have an id each
      Given the cluster "north" named "plant"
      And the cluster "south" named "plant"
      When "north" and "south" send a pairing request at one instant
      Then the 2 requests have 2 pairing ids

    Scenario: The id of a cancelled request does not come back
      Given a local cluster
      And its request was sent and cancelled 4 times
      When the operator sends a pairing request until one is taken
      Then the 5 requests have 5 pairing ids

    Scenario: The id of a rejected request does not come back
      Given a local cluster
      And its request was sent and rejected 3 times
      When the operator sends a pairing request until one is taken
      Then the 4 requests have 4 pairing ids

    Scenario: The id of a request that was cancelled without a link does not come back
      Given a pending pairing request
      And the cluster cannot reach Palette
      And the request was cancelled
      And the cluster can reach Palette again
      When the operator sends a pairing request until one is taken
      Then the 2 requests have 2 pairing ids

    Scenario Outline: No id comes back after a restart of <side>
      Given a local cluster
      And its request was sent and cancelled 2 times
      And <side> has restarted
      And its request was sent and cancelled 2 times
      And <side> has restarted
      When the operator sends a pairing request until one is taken
      Then the 5 requests have 5 pairing ids

      Examples:
        | side     |
        | the edge |
        | Palette  |

    Scenario: Clusters that come and go share no id
      Given a pending pairing request of another cluster
      And a local cluster
      And its request was sent and cancelled 2 times
      And its request was sent and rejected 2 times
      And the edge has restarted
      And Palette has restarted
      When the operator sends a pairing request until one is taken
      Then the 6 requests have 6 pairing ids

  @SND-6 @edge @core
  Rule: A pending request leaves the cluster in local hands

    Scenario: A cluster with a pending request says that it is locally managed
      Given a pending pairing request
      Then the cluster is still locally managed
      And the cluster stays locally managed

    Scenario Outline: The <operation> works while a request is pending, after <past>, when <since>
      Given a cluster "<shape>", with "<past>" behind it
      And a pending pairing request
      And since then "<since>"
      And the operator is at its "first" host, by "a login"
      Then the cluster is still locally managed
      When the operator asks for the "<operation>"
      Then it succeeds
      And the "<operation>" has taken effect

      Examples:
        | operation                  | shape          | past            | since                                 |
        | update of the cluster      | of one node    | nothing         | nothing has happened                  |
        | update of the cluster      | of one node    | nothing         | the edge has restarted without a link |
        | update of the cluster      | of one node    | nothing         | a day has passed                      |
        | update of the cluster      | of three nodes | nothing         | the link has gone down                |
        | update of the cluster      | of three nodes | a cancelled one | the edge has restarted                |
        | update of the cluster      | of three nodes | a rejected one  | Palette has restarted                 |
        | patch of the named cluster | of one node    | nothing         | nothing has happened                  |
        | patch of the named cluster | of one node    | nothing         | the edge has restarted                |
        | patch of the named cluster | of one node    | a cancelled one | a day has passed                      |
        | patch of the named cluster | of one node    | a rejected one  | the link has gone down                |
        | patch of the named cluster | of three nodes | nothing         | the edge has restarted without a link |
        | patch of the named cluster | of three nodes | nothing         | Palette has restarted                 |
        | change of the settings     | of one node    | nothing         | Palette has restarted                 |
        | change of the settings     | of one node    | nothing         | a day has passed                      |
        | change of the settings     | of one node    | a cancelled one | the edge has restarted without a link |
        | change of the settings     | of one node    | a cancelled one | the link has gone down                |
        | change of the settings     | of one node    | a rejected one  | nothing has happened                  |
        | change of the settings     | of three nodes | nothing         | the edge has restarted                |
        | change of the profiles     | of one node    | nothing         | nothing has happened                  |
        | change of the profiles     | of one node    | nothing         | the edge has restarted                |
        | change of the profiles     | of one node    | nothing         | the link has gone down                |
        | change of the profiles     | of one node    | a cancelled one | Palette has restarted                 |
        | change of the profiles     | of one node    | a rejected one  | a day has passed                      |
        | change of the profiles     | of three nodes | a rejected one  | the edge has restarted without a link |
        | deletion of the cluster    | of one node    | nothing         | the edge has restarted without a link |
        | deletion of the cluster    | of one node    | nothing         | Palette has restarted                 |
        | deletion of the cluster    | of one node    | nothing         | the link has gone down                |
        | deletion of the cluster    | of one node    | a rejected one  | the edge has restarted                |
        | deletion of the cluster    | of three nodes | nothing         | a day has passed                      |
        | deletion of the cluster    | of three nodes | a cancelled one | nothing has happened                  |

    Scenario Outline: After the <operation> the request is as pending as before, and can be cancelled
      Given a pending pairing request
      When the operator asks for the "<operation>"
      Then it succeeds
      And Local UI goes on showing its pairing id
      When the operator cancels the pairing request
      Then it succeeds
      And no request of the cluster waits in Palette

      Examples:
        | operation                  |
        | update of the cluster      |
        | patch of the named cluster |
        | change of the profiles     |

    Scenario Outline: The <operation> that was made meanwhile is kept when the request is <ended>
      Given a pending pairing request
      And the "<operation>" was seen to take effect on it
      When its request is <ended>
      And the operator waits for the request to end
      Then the "<operation>" is still in effect

      Examples:
        | operation                  | ended     |
        | update of the cluster      | cancelled |
        | patch of the named cluster | rejected  |
        | change of the settings     | cancelled |
        | change of the settings     | rejected  |
        | change of the profiles     | cancelled |
        | change of the profiles     | rejected  |

    Scenario Outline: The <operation> that was made meanwhile is kept when the edge is restarted
      Given a pending pairing request
      And the "<operation>" was seen to take effect on it
      When the edge restarts
      Then the "<operation>" is still in effect

      Examples:
        | operation                  |
        | patch of the named cluster |
        | change of the settings     |
        | change of the profiles     |

  @SND-7 @both @core @unspecified
  Rule: A second send while a request is pending

    Scenario: The same operator sends again
      Given a pending pairing request
      When the operator sends a pairing request again
      And the operator looks at the pairing request
      And the administrator looks at the list of requests
      Then what the target does is observed: "a second send while one is pending, with the same entries"

    Scenario: The second send has another token
      Given a pending pairing request
      And a registration token that is "about to expire in an hour"
      When the operator sends a pairing request again
      And the operator looks at the pairing request
      And the administrator looks at the list of requests
      Then what the target does is observed: "a second send while one is pending, with another token"

    Scenario: The second send comes from another host of the cluster
      Given a local cluster of at least 1 control plane nodes and 1 workers
      And a pending pairing request
      When the operator sends a pairing request from host 2
      And the operator looks at the pairing request
      And the administrator looks at the list of requests
      Then what the target does is observed: "a second send while one is pending, from another host"

  @SND-8 @edge @core
  Rule: A bare host name and a URL are both usable endpoints

    Scenario Outline: The endpoint is entered as a <endpoint>
      Given a local cluster
      And an endpoint of the form "<endpoint>"
      When the operator sends a pairing request
      Then the request is sent
      And one request of the cluster waits in Palette

      Examples:
        | endpoint                    |
        | bare-host                   |
        | url                         |
        | url with a slash at its end |

    Scenario Outline: A <endpoint> still leads to Palette when it comes to the cancel
      Given a pairing request that was sent, cancelled, and is gone in Palette
      And an endpoint of the form "<endpoint>"
      And a request that was sent
      When the operator cancels the pairing request
      Then it succeeds
      And no request of the cluster waits in Palette

      Examples:
        | endpoint  |
        | bare-host |
        | url       |

  @SND-10 @edge @extended @unspecified
  Rule: What the other hosts of the cluster show

    Scenario: Another host of the cluster is asked for the request
      Given a local cluster of at least 1 control plane nodes and 2 workers
      And a pending pairing request
      When the operator looks at the pairing request on host 2
      And the operator looks at the pairing request on host 3
      Then what the target does is observed: "the pairing request, looked at on the hosts where it was not sent"

    Scenario: The login to one host is shown to another
      Given a local cluster of at least 1 control plane nodes and 1 workers
      And a pending pairing request
      When the operator takes the login of host 1 to host 2
      Then what the target does is observed: "one host's login, used at its sibling"

    Scenario: The login to another cluster is used to send
      Given a local cluster
      When somebody with another cluster's session sends a pairing request
      And the administrator looks at the list of requests
      Then what the target does is observed: "another cluster's login, used to send"

    Scenario: The login to another cluster is used to cancel
      Given a pending pairing request
      When somebody with another cluster's session cancels the pairing request
      And the operator looks at the pairing request
      Then what the target does is observed: "another cluster's login, used to cancel"

  @SND-11 @central @core
  Rule: Sending alone pairs nothing

    Scenario: A central operation by the uid that the request names is refused
      Given a pending pairing request
      When the administrator changes the cluster by the uid in the request
      Then it is refused
      And one request of the cluster waits in Palette

    Scenario: A central operation by the local uid is refused
      Given a pending pairing request
      When the administrator changes the cluster by its local uid
      Then it is refused
      And one request of the cluster waits in Palette

    Scenario: A request that waits for a week is still only a request
      Given a pending pairing request
      And as long has passed at Palette as a request waits
      When the administrator changes the cluster by the uid in the request
      Then it is refused
      And one request of the cluster waits in Palette

  @SND-12 @edge @core
  Rule: It is Pair that sends, with what stands in the fields

    Scenario: Filling in the fields sends nothing
      Given the pages of the target
      And a local cluster
      And the operator is on the page "Settings"
      When the operator clicks "Centrally Managed" on the page "Settings"
      And the operator fills in "Palette endpoint" with the endpoint of Palette
      And the operator fills in "Registration token" with the registration token
      Then nothing is pending in Local UI
      And no request reaches Palette

    Scenario: Escape, once the fields are filled in, sends nothing
      Given the pages of the target
      And a local cluster
      And the operator is on the page "Settings"
      When the operator clicks "Centrally Managed" on the page "Settings"
      And the operator fills in "Palette endpoint" with the endpoint of Palette
      And the operator fills in "Registration token" with the registration token
      And the operator presses Escape
      Then nothing is pending in Local UI
      And no request reaches Palette

    Scenario: Leaving the page leaves no request
      Given the pages of the target
      And a local cluster
      And the operator is on the page "Settings"
      When the operator clicks "Centrally Managed" on the page "Settings"
      And the operator fills in "Palette endpoint" with the endpoint of Palette
      And the operator fills in "Registration token" with the registration token
      And the operator leaves the page
      Then nothing is pending in Local UI
      And no request reaches Palette

    Scenario: Pair sends one request with these entries, and the page shows its id
      Given the pages of the target
      And a local cluster
      And the operator is on the page "Settings"
      When the operator clicks "Centrally Managed" on the page "Settings"
      And the operator fills in "Palette endpoint" with the endpoint of Palette
      And the operator fills in "Registration token" with the registration token
      And the operator clicks "Pair" on the page "Settings"
      Then one request of the cluster waits in Palette
      And the page shows the pairing id of the request that was sent
      And Palette lists the request under its id for this cluster
      And one request of the cluster waits in Palette

  @SND-13 @edge @core
  Rule: Each send goes by its own entries

    Scenario Outline: After a send with an <endpoint> endpoint, the right one succeeds
      Given a local cluster
      And a send to an endpoint of the form "<endpoint>" that was refused
      When the operator sends a pairing request until one is taken
      Then the request is sent
      And one request of the cluster waits in Palette

      Examples:
        | endpoint     |
        | malformed    |
        | unresolvable |
        | untrusted    |

    Scenario Outline: After a send with a token that is <token>, the right one succeeds
      Given a local cluster
      And a send with a token that is "<token>" that was refused
      When the operator sends a pairing request until one is taken
      Then the request is sent
      And one request of the cluster waits in Palette

      Examples:
        | token   |
        | empty   |
        | unknown |
        | expired |

    Scenario Outline: An endpoint that was good before does not stand in for one that is <endpoint>
      Given a send to an endpoint of the form "<endpoint>" that was refused
      And a pairing request that was sent, cancelled, and is gone in Palette
      And an endpoint of the form "<endpoint>"
      When the operator sends a pairing request
      Then the request is refused
      And nothing is pending in Local UI
      And no request of the cluster comes to Palette

      Examples:
        | endpoint     |
        | missing      |
        | unresolvable |

    Scenario Outline: A token that was good before does not stand in for one that is <token>
      Given a send with a token that is "<token>" that was refused
      And a pairing request that was sent, cancelled, and is gone in Palette
      And a registration token that is "<token>"
      When the operator sends a pairing request
      Then the request is refused
      And nothing is pending in Local UI
      And no request of the cluster comes to Palette

      Examples:
        | token   |
        | empty   |
        | unknown |
        | expired |

    Scenario: The next request goes to the project of its own token
      Given the target tells projects apart
      And a pairing request that was sent, cancelled, and is gone in Palette
      And a registration token of "another project"
      When the operator sends a pairing request until one is taken
      Then just the request of "the cluster" waits in the other project, and that stays so

    Scenario Outline: Insecure that <who> has asked for once is not asked for again: it has <done>
      Given a local cluster
      And an endpoint of the form "untrusted"
      And a send that was refused
      And "<who>" has asked for insecure, and has "<done>"
      When the operator sends a pairing request
      Then the request is refused
      And nothing is pending in Local UI
      And no request reaches Palette

      Examples:
        | who             | done                   |
        | the cluster     | sent and cancelled     |
        | the cluster     | checked the connection |
        | another cluster | sent and cancelled     |
        | another cluster | checked the connection |

  @SND-14 @central @extended @unspecified
  Rule: A token without an expiry, or without a default project

    Scenario: It never expires
      Given a local cluster
      And a registration token that is "without an expiry"
      When the operator sends a pairing request
      And the administrator looks at the list of requests
      Then what the target does is observed: "a send with a token that has no expiry"

    Scenario: It is entered, and both the project and the tenant are looked at
      Given the target tells projects apart
      And a local cluster
      And a registration token that is "without a default project"
      And a user with every permission in "the project, tenant"
      When the operator sends a pairing request
      And this person tries to "list"
      And this person looks into the tenant as well
      Then what the target does is observed: "a send with a token that has no default project"
