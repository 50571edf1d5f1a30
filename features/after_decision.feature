Feature: The edge after a decision
  What Local UI does once somebody has decided in Palette. Accepted, the cluster is out of local
  hands, every operation of it and for good. Rejected, it goes on as if nothing had been asked.
  And what may have changed between the request and the decision is observed.

  @SND-9 @both @resilience @unspecified
  Rule: A prerequisite is lost between send, accept and confirmation

    Scenario: A node turns unhealthy
      Given a pending pairing request
      When the node "only node" turns unhealthy
      And a while passes
      And the administrator accepts the request
      And both sides are watched until they have settled
      Then what the target does is observed: "a node turns unhealthy between send and accept"

    Scenario: The host is cut off for a while
      Given a pending pairing request
      And the cluster cannot reach Palette
      When a while passes
      And the administrator accepts the request
      And the operator looks at the pairing request
      And the cluster can reach Palette again
      And both sides are watched until they have settled
      Then what the target does is observed: "the host is cut off between send and accept, and comes back"

    Scenario: One host among several is cut off
      Given a local cluster of at least 1 control plane nodes and 1 workers
      And a pending pairing request
      When host 2 of the cluster cannot reach Palette
      And the administrator accepts the request
      And both sides are watched until they have settled
      Then what the target does is observed: "a host that did not send is cut off between send and accept"

    Scenario Outline: The registration token is <revoked>
      Given a pending pairing request
      And its registration token has been <revoked>
      When the administrator accepts the request
      And both sides are watched until they have settled
      Then what the target does is observed: "the token is <revoked> between send and accept"

      Examples:
        | revoked     |
        | deactivated |
        | deleted     |
        | expired     |

    Scenario Outline: The registration token is <revoked> between acceptance and confirmation
      Given a pending pairing request
      And the next 2 confirmations of the host are lost
      And the administrator has accepted the request
      And its registration token has been <revoked>
      When both sides are watched until they have settled
      Then what the target does is observed: "the token is <revoked> between accept and confirmation"

      Examples:
        | revoked     |
        | deactivated |
        | deleted     |
        | expired     |

    Scenario: The cluster is deleted
      Given a pending pairing request
      When the operator asks for the "deletion of the cluster"
      And the administrator accepts the request
      And both sides are watched until they have settled
      Then what the target does is observed: "the cluster is deleted between send and accept"

    Scenario Outline: The cluster's state becomes <state>
      Given a pending pairing request
      When the cluster is in state "<state>"
      And the administrator accepts the request
      And both sides are watched until they have settled
      Then what the target does is observed: "the cluster's state becomes <state> between send and accept"

      Examples:
        | state        |
        | Provisioning |
        | Error        |
        | Deleting     |

  @ACC-21 @both @resilience @unspecified
  Rule: The local stack changes while the request is pending

    Scenario: The profiles that are selected match what the request carried
      Given a pending pairing request
      And profiles that match what the cluster runs now
      When the operator asks for the "change of the profiles"
      And the administrator accepts the request
      And both sides are watched until they have settled
      Then what the target does is observed: "the stack changed after the send; selected is what the request carried"

    Scenario: The profiles that are selected match what runs by then
      Given a pending pairing request
      And profiles that match what the cluster runs after a change
      When the operator asks for the "change of the profiles"
      And the administrator accepts the request
      And both sides are watched until they have settled
      Then what the target does is observed: "the stack changed after the send; selected is what runs by then"

  @ACC-13 @edge @core
  Rule: From then on local cluster operations are refused

    Scenario Outline: The <operation> is refused
      Given a local cluster
      And the "<operation>" was seen to take effect on it
      And its request was accepted, and it is paired
      When the operator asks for the "<operation>"
      Then it is refused
      And it has had no effect

      Examples:
        | operation                       |
        | update of the cluster           |
        | patch of the named cluster      |
        | deprecated patch of the cluster |
        | change of the profiles          |
        | change of the settings          |

    Scenario: The update of the cluster is refused at a host that has joined since the send
      Given a local cluster of at least 1 control plane nodes and 1 workers, and a free host
      And a pending pairing request
      And the cluster runs on a host more, and is paired with it
      And the operator is at that host
      When the operator asks for the "update of the cluster"
      Then it is refused
      And it has had no effect

    Scenario Outline: The <operation> is refused where a host is free
      Given a local cluster of at least 1 control plane nodes and 1 workers, and a free host
      And the "<operation>" was seen to take effect on it
      And its request was accepted, and it is paired
      When the operator asks for the "<operation>"
      Then it is refused
      And it has had no effect

      Examples:
        | operation                  |
        | addition of a machine pool |
        | change of a machine pool   |
        | scaling of a machine pool  |

    Scenario Outline: The <operation>, which is not tried out before, is refused for that reason
      Given a local cluster
      And its request was accepted, and it is paired
      And a local operation on it was refused
      When the operator asks for the "<operation>"
      Then it is refused because the cluster is centrally managed
      And it has had no effect

      Examples:
        | operation               |
        | deletion of the cluster |
        | creation of a cluster   |

    Scenario Outline: The <operation>, which destroys, is refused for that reason when <since>
      Given a local cluster of at least 1 control plane nodes and 2 workers
      And its request was accepted, and it is paired
      And since then "<since>"
      And a local operation on it was refused
      When the operator asks for the "<operation>"
      Then it is refused because the cluster is centrally managed
      And it has had no effect

      Examples:
        | operation                 | since                        |
        | removal of a machine pool | nothing has happened         |
        | removal of a node         | nothing has happened         |
        | removal of a machine pool | its last node has fallen ill |
        | removal of a node         | its last node has fallen ill |

    Scenario Outline: The <operation> is refused at its <host> host, after <past>, when <since>
      Given a cluster "<shape>", with "<past>" behind it
      And its request was accepted, and it is paired
      And since then "<since>"
      And the operator is at its "<host>" host, by "<login>"
      When the operator asks for the "<operation>"
      Then it is refused
      And it has had no effect

      Examples:
        | operation                  | shape          | host  | past            | since                                            | login             |
        | update of the cluster      | of one node    | first | nothing         | nothing has happened                             | a login           |
        | update of the cluster      | of one node    | first | nothing         | the edge has restarted                           | a login           |
        | update of the cluster      | of one node    | first | nothing         | the edge has restarted without a link            | a login           |
        | update of the cluster      | of one node    | first | nothing         | Palette has restarted                            | a login           |
        | update of the cluster      | of one node    | first | nothing         | the edge has restarted before its link came back | a login           |
        | update of the cluster      | of one node    | first | a cancelled one | a day has passed                                 | a login           |
        | update of the cluster      | of one node    | first | a rejected one  | the link has gone down                           | a login           |
        | update of the cluster      | of three nodes | last  | a cancelled one | its last node has fallen ill                     | an extended login |
        | patch of the named cluster | of one node    | first | nothing         | the edge has restarted without a link            | a login           |
        | patch of the named cluster | of one node    | first | nothing         | Palette has restarted                            | a login           |
        | patch of the named cluster | of one node    | first | nothing         | a day has passed                                 | a login           |
        | patch of the named cluster | of one node    | first | nothing         | its last node has fallen ill                     | a login           |
        | patch of the named cluster | of one node    | first | a cancelled one | the edge has restarted before its link came back | an extended login |
        | patch of the named cluster | of one node    | first | a rejected one  | nothing has happened                             | an extended login |
        | patch of the named cluster | of three nodes | last  | nothing         | the link has gone down                           | an extended login |
        | patch of the named cluster | of three nodes | last  | a rejected one  | the edge has restarted                           | a login           |
        | change of the settings     | of one node    | first | nothing         | nothing has happened                             | a login           |
        | change of the settings     | of one node    | first | nothing         | the edge has restarted                           | a login           |
        | change of the settings     | of one node    | first | nothing         | the edge has restarted without a link            | a login           |
        | change of the settings     | of one node    | first | nothing         | a day has passed                                 | a login           |
        | change of the settings     | of one node    | first | a cancelled one | the link has gone down                           | a login           |
        | change of the settings     | of one node    | first | a rejected one  | its last node has fallen ill                     | a login           |
        | change of the settings     | of three nodes | last  | nothing         | the edge has restarted before its link came back | a login           |
        | change of the settings     | of three nodes | last  | a cancelled one | Palette has restarted                            | an extended login |
        | change of the profiles     | of one node    | first | nothing         | nothing has happened                             | a login           |
        | change of the profiles     | of one node    | first | nothing         | the link has gone down                           | a login           |
        | change of the profiles     | of one node    | first | nothing         | the edge has restarted before its link came back | a login           |
        | change of the profiles     | of one node    | first | nothing         | its last node has fallen ill                     | a login           |
        | change of the profiles     | of one node    | first | a cancelled one | the edge has restarted                           | an extended login |
        | change of the profiles     | of one node    | first | a cancelled one | the edge has restarted without a link            | a login           |
        | change of the profiles     | of three nodes | first | a rejected one  | Palette has restarted                            | a login           |
        | change of the profiles     | of three nodes | last  | nothing         | a day has passed                                 | an extended login |
        | deletion of the cluster    | of one node    | first | nothing         | nothing has happened                             | a login           |
        | deletion of the cluster    | of one node    | first | nothing         | Palette has restarted                            | a login           |
        | deletion of the cluster    | of one node    | first | nothing         | the link has gone down                           | a login           |
        | deletion of the cluster    | of one node    | first | nothing         | a day has passed                                 | a login           |
        | deletion of the cluster    | of one node    | first | nothing         | its last node has fallen ill                     | a login           |
        | deletion of the cluster    | of one node    | first | a cancelled one | the edge has restarted                           | a login           |
        | deletion of the cluster    | of one node    | first | a rejected one  | the edge has restarted before its link came back | an extended login |
        | deletion of the cluster    | of three nodes | last  | a rejected one  | the edge has restarted without a link            | a login           |
        | creation of a cluster      | of one node    | first | nothing         | the edge has restarted                           | a login           |
        | creation of a cluster      | of one node    | first | nothing         | the edge has restarted without a link            | an extended login |
        | creation of a cluster      | of one node    | first | nothing         | Palette has restarted                            | a login           |
        | creation of a cluster      | of one node    | first | nothing         | the link has gone down                           | a login           |
        | creation of a cluster      | of one node    | first | nothing         | the edge has restarted before its link came back | a login           |
        | creation of a cluster      | of one node    | first | a rejected one  | a day has passed                                 | a login           |
        | creation of a cluster      | of one node    | first | a rejected one  | its last node has fallen ill                     | a login           |
        | creation of a cluster      | of three nodes | last  | a cancelled one | nothing has happened                             | a login           |

    Scenario: Another cluster stays in local hands
      Given a local cluster
      And a paired cluster beside it
      Then the cluster is still locally managed
      And a local operation on the cluster takes effect

  @ACC-13S @edge @core @should
  Rule: The refusal says that the cluster is centrally managed

    Scenario Outline: What is said about the <operation>
      Given a paired cluster
      And the "<operation>" was refused to somebody without a login
      When the operator asks for the "<operation>"
      Then the error tells "central-management"

      Examples:
        | operation                  |
        | update of the cluster      |
        | patch of the named cluster |
        | change of the settings     |
        | change of the profiles     |
        | deletion of the cluster    |
        | creation of a cluster      |

  @ACC-19 @both @extended
  Rule: The transfer is for good

    Scenario: Local UI is asked to take the cluster back
      Given a paired cluster that is centrally managed
      When the operator asks for a return to local management
      Then it is refused, or nothing comes of it
      And the cluster stays centrally managed
      And a central operation on the cluster takes effect

    Scenario: Local UI is asked to take the cluster back while Palette cannot be reached
      Given a paired cluster that is centrally managed
      And the cluster cannot reach Palette
      When the operator asks for a return to local management
      Then it is refused, or nothing comes of it
      And the cluster is still centrally managed

    Scenario: Local UI is asked to take the cluster back after a restart
      Given a paired cluster that is centrally managed
      And the edge has restarted
      When the operator asks for a return to local management
      Then it is refused, or nothing comes of it
      And the cluster is still centrally managed

    Scenario: Local UI restarts after it was asked to take the cluster back
      Given a paired cluster that is centrally managed
      When the operator asks for a return to local management
      And the edge restarts
      Then it is refused, or nothing comes of it
      And the cluster stays centrally managed
      And a central operation on the cluster takes effect

  @ACC-22 @edge @extended @unspecified
  Rule: Whether the local name and tags follow what was changed

    Scenario: The name and the tags were changed on acceptance
      Given a pending pairing request
      When the operator looks at the cluster
      And the administrator accepts the request with another name and other tags
      And the operator waits for the end of the pairing
      And the operator looks at the cluster
      Then what the target does is observed: "the name and the tags were changed on acceptance"

  @REJ-7 @edge @core
  Rule: After a reject the cluster goes on locally

    Scenario: Nothing is pending and the cluster is in local hands
      Given a pending pairing request
      And its request was rejected in Palette
      Then nothing is pending in Local UI
      And nothing becomes pending again in Local UI
      And the cluster is locally managed
      And the cluster stays locally managed

    Scenario Outline: The <operation> works after a reject
      Given a pairing request that was rejected
      When the operator asks for the "<operation>"
      Then it succeeds
      And the "<operation>" has taken effect

      Examples:
        | operation                  |
        | update of the cluster      |
        | patch of the named cluster |
        | change of the settings     |
        | change of the profiles     |
        | deletion of the cluster    |

    Scenario: A new request can be sent
      Given a pairing request that was rejected
      When the operator sends a pairing request until one is taken
      Then the request is sent
      And the new request stays pending in Local UI

    Scenario: A new request can be sent from another host of the cluster
      Given it was "fit" for a while, with "the edge" restarted
      And a cluster "of three nodes, the last asked", with "a rejected one" behind it
      When the operator sends a pairing request until one is taken
      Then the request is sent

    Scenario: Rejected six times, a cluster sends a seventh request, and is paired by it
      Given a local cluster
      And its request was sent and rejected 6 times
      When the operator sends a pairing request until one is taken
      Then the request is sent
      And the 7 requests have 7 pairing ids
      When the administrator tries to accept the request until it is taken
      And that has succeeded
      And the operator waits for the end of the pairing
      Then the cluster is centrally managed

    Scenario: The request was rejected while the host was cut off
      Given a pending pairing request
      And the cluster cannot reach Palette
      And its host has followed it for a while
      And its request was rejected in Palette
      When the cluster can reach Palette again
      Then nothing is pending in Local UI
      And nothing becomes pending again in Local UI
      And the cluster is locally managed
      And a local operation on the cluster takes effect

    Scenario: The request was rejected, and its host is cut off for some seconds more
      Given a pending pairing request
      And the cluster cannot reach Palette
      And its request was rejected in Palette
      And it stays so for some seconds
      When the cluster can reach Palette again
      Then nothing is pending in Local UI
      And the cluster is locally managed
      And a local operation on the cluster takes effect

    Scenario: A rejected request does not come back with the link
      Given a pairing request that was rejected
      And the cluster cannot reach Palette
      When the cluster can reach Palette again
      Then nothing becomes pending again in Local UI
      And the cluster is locally managed

    Scenario: A rejected request does not come back with a restart
      Given a pairing request that was rejected
      When the edge restarts
      Then nothing becomes pending again in Local UI
      And the cluster is locally managed

  @REJ-7S @edge @core @should
  Rule: Local UI says that the request was rejected

    Scenario: Local UI shows the status Rejected
      Given a pending pairing request
      And its request was rejected in Palette
      Then Local UI shows the request as rejected
      And nothing becomes pending again in Local UI

    Scenario: Local UI shows the status Rejected once the link is back
      Given a pending pairing request
      And the cluster cannot reach Palette
      And its host has followed it for a while
      And its request was rejected in Palette
      When the cluster can reach Palette again
      Then Local UI shows the request as rejected
      And nothing becomes pending again in Local UI
