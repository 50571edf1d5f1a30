Feature: Prerequisites of a pairing request
  A cluster that Palette could not manage must not be offered to it. So Local UI lets a request
  go only from a healthy, running, locally managed cluster, with a usable token, to an endpoint
  that every host reaches; and a request that it refuses leaves no trace.

  @PRE-1 @edge @core
  Rule: Only a cluster that is Running can send a request

    Scenario Outline: A cluster in state <state> sends no request
      Given a local cluster
      And the cluster is in state "<state>"
      When the operator sends a pairing request
      Then the request is refused
      And nothing is pending in Local UI
      And no request reaches Palette
      And the cluster is still locally managed

      Examples:
        | state    |
        | Deleting |

    Scenario Outline: A cluster that was <state> sends its request once it is Running
      Given a local cluster
      And the cluster is in state "<state>"
      And a send that was refused
      When the cluster is in state "Running"
      And the operator sends a pairing request until one is taken
      Then the request is sent
      And one request of the cluster waits in Palette

      Examples:
        | state        |
        | Provisioning |
        | Error        |

    Scenario: A cluster that runs no more when the connection check has said yes sends no request
      Given a local cluster
      When the operator checks the connection until it says yes
      And the cluster is in state "Deleting"
      And the operator sends a pairing request
      Then the request is refused
      And no request reaches Palette

  @PRE-2 @edge @core
  Rule: Every node has to be healthy

    Scenario: The only node was unhealthy and has recovered
      Given a local cluster
      And the node "only node" is unhealthy
      And a send that was refused
      When the node "only node" recovers
      Then nothing becomes pending again in Local UI
      And no request of the cluster comes to Palette
      When the operator sends a pairing request until one is taken
      Then the request is sent
      And one request of the cluster waits in Palette

    Scenario: The only node turns unhealthy after Local UI has shown it healthy
      Given a local cluster
      When the operator looks at the cluster
      And the node "only node" turns unhealthy
      And the operator sends a pairing request
      Then the request is refused
      And no request reaches Palette

    Scenario: The only node turns unhealthy after the connection check has said yes
      Given a local cluster
      When the operator checks the connection until it says yes
      And the node "only node" turns unhealthy
      And the operator sends a pairing request
      Then the request is refused
      And no request reaches Palette

    Scenario Outline: The <node> is unhealthy among many
      Given a local cluster of at least 1 control plane nodes and 2 workers, one more where there is room
      And the node "<node>" is unhealthy
      When the operator sends a pairing request
      Then the request is refused
      And nothing is pending in Local UI
      And no request of the cluster comes to Palette

      Examples:
        | node          |
        | first worker  |
        | middle worker |

    Scenario Outline: The <node> is unhealthy among several of the control plane
      Given a local cluster of at least 2 control plane nodes and 0 workers, one more where there is room
      And the node "<node>" is unhealthy
      When the operator sends a pairing request
      Then the request is refused
      And nothing is pending in Local UI
      And no request of the cluster comes to Palette

      Examples:
        | node                      |
        | first control plane node  |
        | middle control plane node |
        | last control plane node   |

    Scenario Outline: The <node> was unhealthy among many and has recovered
      Given a local cluster of at least 1 control plane nodes and 2 workers, one more where there is room
      And the node "<node>" is unhealthy
      And a send that was refused
      When the node "<node>" recovers
      And the operator sends a pairing request until one is taken
      Then the request is sent
      And one request of the cluster waits in Palette

      Examples:
        | node                     |
        | first control plane node |
        | last control plane node  |
        | first worker             |
        | middle worker            |
        | last worker              |

    Scenario Outline: The <node> is unhealthy in one of several pools
      Given a local cluster of at least 1 control plane nodes and 2 workers in 2 pools
      And the node "<node>" is unhealthy
      When the operator sends a pairing request
      Then the request is refused
      And nothing is pending in Local UI
      And no request of the cluster comes to Palette

      Examples:
        | node                    |
        | last control plane node |
        | first worker            |
        | last worker             |

    Scenario: One of two unhealthy nodes recovers
      Given a local cluster of at least 1 control plane nodes and 1 workers
      And the node "first control plane node" is unhealthy
      And the node "last worker" is unhealthy
      When the node "first control plane node" recovers
      And the operator sends a pairing request
      Then the request is refused
      And nothing is pending in Local UI
      And no request reaches Palette

  @PRE-3 @edge @core
  Rule: There has to be an active cluster that Local UI manages

    Scenario: There is no cluster on the host
      Given a local cluster
      And the hosts have no cluster
      When the operator sends a pairing request
      Then the request is refused
      And nothing is pending in Local UI
      And nobody's request reaches Palette

    Scenario: The cluster is centrally managed already
      Given a paired cluster
      When the operator sends a pairing request
      Then the request is refused
      And no request reaches Palette
      And the cluster is still centrally managed

    Scenario: The cluster is centrally managed already, and another of its hosts sends
      Given a local cluster of at least 1 control plane nodes and 2 workers
      And its request was accepted, and it is paired
      When the operator sends a pairing request from host 2
      Then the request is refused
      And no request reaches Palette
      And the cluster is still centrally managed

    Scenario: The host was installed in central mode
      Given a local cluster
      And the hosts were installed in central mode
      When the operator sends a pairing request
      Then the request is refused
      And nothing is pending in Local UI
      And no request reaches Palette

  @PRE-4 @both @core
  Rule: A usable registration token is needed

    Scenario Outline: A token that is <token> admits no request
      Given a local cluster
      And a registration token that is "<token>"
      When the operator sends a pairing request
      Then the request is refused
      And nothing is pending in Local UI
      And no request of the cluster comes to Palette
      And the cluster is still locally managed

      Examples:
        | token                    |
        | empty                    |
        | blank                    |
        | unknown                  |
        | cut short by a character |
        | longer by a character    |
        | written in the other case |
        | expired                  |
        | expired a while ago      |
        | deactivated              |
        | deactivated, without an expiry |

    Scenario Outline: A token that is <token> admits a request
      Given a local cluster
      And a registration token that is "<token>"
      When the operator sends a pairing request
      Then the request is sent
      And one request of the cluster waits in Palette

      Examples:
        | token                           |
        | about to expire in an hour      |
        | deactivated and activated again |

    Scenario: A token expires while it is kept for later
      Given a local cluster
      And a registration token that is "about to expire in an hour"
      And an hour and a while have passed at Palette
      When the operator sends a pairing request
      Then the request is refused
      And nothing is pending in Local UI
      And no request reaches Palette

    Scenario: A refused token leaves the cluster at work
      Given a local cluster
      And a registration token that is "unknown"
      When the operator sends a pairing request
      Then the request is refused
      And a local operation on the cluster takes effect

  @PRE-4S @edge @core @should
  Rule: The error blames the token without repeating it

    Scenario Outline: The error for a token that is <token>
      Given a local cluster
      And a send to an endpoint of the form "missing" that was refused
      And a registration token that is "<token>"
      When the operator sends a pairing request
      Then the error tells "registration-token"
      And the error does not repeat the token

      Examples:
        | token       |
        | empty       |
        | unknown     |
        | expired     |
        | deactivated |
        | deleted     |

    Scenario Outline: What Settings says of a token that is <token>
      Given the pages of the target
      And a local cluster
      And a registration token that is "<token>"
      And the operator is on the page "Settings"
      When the operator clicks "Centrally Managed" on the page "Settings"
      And the operator fills in "Palette endpoint" with the endpoint of Palette
      And the operator fills in "Registration token" with the registration token
      And the operator looks at the page, and clicks "Pair"
      Then the page comes to tell "registration-token", without the token

      Examples:
        | token       |
        | unknown     |
        | deactivated |

  @PRE-5 @edge @extended
  Rule: Every host of the cluster has to reach the endpoint

    Scenario: With every link up, the connection check says yes
      Given a local cluster of at least 1 control plane nodes and 2 workers
      When the operator checks the connection
      Then the connection check says yes

    Scenario Outline: With the <host> of its hosts cut off, the connection check says no
      Given a local cluster of at least 1 control plane nodes and 2 workers
      And each of its hosts was asked for the connection
      And the <host> host of the cluster cannot reach Palette
      And the operator is at a host that reaches it and knows of that
      When the operator checks the connection
      Then the connection check says no

      Examples:
        | host   |
        | first  |
        | second |
        | last   |

    Scenario Outline: With the <host> of its hosts cut off, no request is sent
      Given a local cluster of at least 1 control plane nodes and 2 workers
      And each of its hosts was asked for the connection
      And the <host> host of the cluster cannot reach Palette
      And the operator is at a host that reaches it and knows of that
      When the operator sends a pairing request
      Then the request is refused
      And nothing is pending in Local UI
      And no request of the cluster comes to Palette

      Examples:
        | host   |
        | first  |
        | second |
        | last   |

    Scenario: With the last of five hosts cut off, no request is sent
      Given a cluster "of five nodes", with "nothing" behind it
      And each of its hosts was asked for the connection
      And the last host of the cluster cannot reach Palette
      And the operator is at a host that reaches it and knows of that
      When the operator sends a pairing request
      Then the request is refused
      And nothing is pending in Local UI
      And no request of the cluster comes to Palette

    Scenario: The host by which it has sent before is cut off
      Given a cluster "of three nodes", with "a rejected one" behind it
      And the first host of the cluster cannot reach Palette
      And the operator is at a host that reaches it and knows of that
      When the operator checks the connection
      Then the connection check says no
      When the operator sends a pairing request
      Then the request is refused
      And nothing is pending in Local UI
      And no request of the cluster comes to Palette

    Scenario: A host that was cut off gets its link back
      Given a local cluster of at least 1 control plane nodes and 2 workers
      And each of its hosts was asked for the connection
      And the last host of the cluster cannot reach Palette
      And the operator is at a host that reaches it and knows of that
      And a send that was refused
      When the last host of the cluster can reach Palette again
      Then nothing becomes pending again in Local UI
      And no request of the cluster comes to Palette
      When the operator sends a pairing request until one is taken
      Then the request is sent
      And one request of the cluster waits in Palette

    Scenario: A host is cut off after the connection check has said yes
      Given a local cluster of at least 1 control plane nodes and 2 workers
      And each of its hosts was asked for the connection
      When the operator checks the connection
      Then the connection check says yes
      When the last host of the cluster cannot reach Palette
      And the operator goes to a host that reaches it and knows of that
      And the operator checks the connection
      Then the connection check says no

    Scenario: A host is cut off again after the connection check has said yes, and no request is sent
      Given a local cluster of at least 1 control plane nodes and 2 workers
      And each of its hosts was asked for the connection
      And the last host of the cluster cannot reach Palette
      And the operator is at a host that reaches it and knows of that
      When the last host of the cluster can reach Palette again
      And the operator checks the connection until it says yes
      And the last host of the cluster cannot reach Palette
      And the time has passed in which a host learns of that
      And the operator sends a pairing request
      Then the request is refused
      And nothing is pending in Local UI
      And no request of the cluster comes to Palette

    Scenario: The hosts of another cluster do not matter
      Given a local cluster
      And another local cluster
      And the other cluster cannot reach Palette
      When the operator sends a pairing request
      Then the request is sent
      And one request of the cluster waits in Palette

  @PRE-5S @edge @extended @should
  Rule: The connection check names the host that is cut off

    Scenario Outline: The <host> of its hosts is named, and no other
      Given a local cluster of at least 1 control plane nodes and 2 workers
      And each of its hosts was asked for the connection
      And the <host> host of the cluster cannot reach Palette
      And the operator is at a host that reaches it and knows of that
      When the operator checks the connection
      Then the answer names the <host> host and no other

      Examples:
        | host   |
        | first  |
        | second |
        | last   |

  @PRE-6 @edge @core
  Rule: An unusable endpoint is refused in bounded time

    Scenario Outline: An endpoint of the form <endpoint> is of no use
      Given a local cluster
      And an endpoint of the form "<endpoint>"
      When the operator sends a pairing request
      Then an answer comes in bounded time
      And the request is refused
      And nothing is pending in Local UI
      And no request of the cluster comes to Palette
      And the cluster is still locally managed

      Examples:
        | endpoint      |
        | missing       |
        | blank         |
        | unresolvable  |
        | refusing      |
        | silent        |
        | not-a-palette |
        | untrusted     |

    Scenario: Where nothing is said about certificates, one that nobody trusts is of no use
      Given a local cluster
      And an endpoint of the form "untrusted"
      And nothing is said about its certificate
      When the operator sends a pairing request
      Then the request is refused
      And nothing is pending in Local UI
      And no request of the cluster comes to Palette

    Scenario Outline: What was entered is malformed: a <endpoint>
      Given a local cluster
      And an endpoint of the form "<endpoint>"
      When the operator sends a pairing request
      Then an answer comes in bounded time
      And the request is refused
      And nothing is pending in Local UI

      Examples:
        | endpoint                          |
        | url without a host                |
        | path alone                        |
        | url with another scheme           |
        | url with a space in it            |
        | url with a port that is no number |
        | url with a port out of range      |
        | two urls                          |

    Scenario: An untrusted certificate does not matter to who asks for insecure
      Given a local cluster
      And an endpoint of the form "untrusted"
      And insecure is asked for
      When the operator sends a pairing request
      Then the request is sent
      And one request of the cluster waits in Palette

    Scenario Outline: Insecure does not help an endpoint of the form <endpoint>
      Given a local cluster
      And an endpoint of the form "<endpoint>"
      And insecure is asked for
      When the operator sends a pairing request
      Then an answer comes in bounded time
      And the request is refused
      And nothing is pending in Local UI

      Examples:
        | endpoint      |
        | malformed     |
        | refusing      |
        | not-a-palette |

  @PRE-6S @edge @core @should
  Rule: The error says what is wrong with the endpoint

    Scenario Outline: The error for an endpoint of the form <endpoint>
      Given a local cluster
      And a send to an endpoint of the form "<another>" that was refused
      And an endpoint of the form "<endpoint>"
      When the operator sends a pairing request
      Then the error tells "<endpoint>"

      Examples:
        | endpoint      | another      |
        | missing       | malformed    |
        | malformed     | missing      |
        | unresolvable  | refusing     |
        | refusing      | unresolvable |
        | silent        | refusing     |
        | not-a-palette | refusing     |
        | untrusted     | refusing     |

  Rule: A restart of the edge makes nothing good that was amiss
    Where Local UI does not go on showing it, nothing is judged: but nothing takes back a deletion,
    or an installation in central mode.

    Scenario Outline: A cluster that <amiss> sends no request when the edge has restarted
      Given a local cluster
      And the cluster "<amiss>", and the edge has restarted since
      When the operator sends a pairing request
      Then the request is refused
      And nothing is pending in Local UI
      And no request reaches Palette

      @PRE-1 @edge @core
      Examples:
        | amiss            |
        | is Provisioning  |
        | is in Error      |
        | is being deleted |

      @PRE-2 @edge @core
      Examples:
        | amiss                      |
        | has an ill node, the first |

      @PRE-3 @edge @core
      Examples:
        | amiss                         |
        | was installed in central mode |

      @PRE-4 @both @core
      Examples:
        | amiss                            |
        | has a token that was deactivated |
        | has a token that was deleted     |
        | has a token that was expired     |

  Rule: Prerequisites, crossed with what must not matter
    The rows are drawn (harness/tables): in each, one prerequisite at most is not met.

    Scenario Outline: A cluster with all that it needs sends its request: it was <was>, after <past>
      Given a cluster "<shape>", with "<past>" behind it
      And a "<endpoint>" as the endpoint, with "<certificate>" certificate, and a token "<token>"
      And it was "<was>" for a while, with "<restart>" restarted
      When the operator sends a pairing request until one is taken
      Then the request is sent
      And one request of the cluster waits in Palette
      And Local UI shows its pairing id

      @SND-1 @edge @core
      Examples:
        | was | shape                          | past                   | token     | endpoint | certificate   | restart |
        | fit | of one node                    | nothing                | as before | URL      | to be trusted | none    |
        | fit | of one node                    | a rejected one         | as before | URL      | to be trusted | Palette |
        | fit | of three nodes, the last asked | one of another cluster | new       | URL      | to be trusted | Palette |

      @PRE-4 @both @core
      Examples:
        | was | shape                           | past                   | token           | endpoint  | certificate   | restart  |
        | fit | of one node                     | one of another cluster | activated again | bare host | any           | the edge |
        | fit | of two nodes, and then of three | nothing                | activated again | URL       | to be trusted | Palette  |

      @SND-8 @edge @core
      Examples:
        | was | shape          | past            | token     | endpoint  | certificate   | restart |
        | fit | of three nodes | a cancelled one | as before | bare host | to be trusted | Palette |

      @PRE-5 @edge @extended
      Examples:
        | was                    | shape                           | past                | token           | endpoint | certificate   | restart  |
        | fit                    | of three nodes                  | a link that was cut | new             | URL      | to be trusted | the edge |
        | in Error               | of one node                     | a link that was cut | activated again | URL      | any           | Palette  |
        | in Error               | of three nodes, the last asked  | a link that was cut | as before       | URL      | to be trusted | none     |
        | without a healthy node | of two nodes, and then of three | a link that was cut | as before       | URL      | to be trusted | Palette  |

      @WDR-7 @edge @core
      Examples:
        | was | shape                          | past            | token     | endpoint | certificate   | restart |
        | fit | of three nodes, the last asked | a cancelled one | as before | URL      | to be trusted | none    |

      @REJ-7 @edge @core
      Examples:
        | was | shape                          | past           | token           | endpoint | certificate   | restart |
        | fit | of three nodes, the last asked | a rejected one | activated again | URL      | to be trusted | none    |

      @PRE-1 @edge @core
      Examples:
        | was      | shape                           | past                   | token           | endpoint  | certificate   | restart  |
        | in Error | of three nodes                  | nothing                | new             | bare host | to be trusted | none     |
        | in Error | of three nodes                  | one of another cluster | as before       | URL       | to be trusted | none     |
        | in Error | of two nodes, and then of three | a cancelled one        | activated again | URL       | any           | the edge |
        | in Error | of two nodes, and then of three | a rejected one         | new             | bare host | to be trusted | the edge |

      @PRE-2 @edge @core
      Examples:
        | was                    | shape                           | past                   | token           | endpoint  | certificate   | restart  |
        | without a healthy node | of one node                     | a cancelled one        | new             | URL       | any           | none     |
        | without a healthy node | of three nodes                  | a rejected one         | activated again | URL       | any           | the edge |
        | without a healthy node | of three nodes, the last asked  | nothing                | as before       | bare host | any           | the edge |
        | without a healthy node | of two nodes, and then of three | one of another cluster | as before       | URL       | to be trusted | none     |

    Scenario Outline: A cluster that <amiss> sends no request, after <past>
      Given a cluster "<shape>", with "<past>" behind it
      And a "<endpoint>" as the endpoint, with "<certificate>" certificate, and a token "<token>"
      And the cluster "<amiss>", with "<restart>" restarted
      When the operator sends a pairing request
      Then the request is refused
      And nothing is pending in Local UI
      And no request of the cluster comes to Palette
      And the cluster is still locally managed

      @PRE-1 @edge @core
      Examples:
        | amiss           | shape                           | past                   | token           | endpoint  | certificate   | restart  |
        | is Provisioning | of one node                     | nothing                | as before       | URL       | to be trusted | none     |
        | is Provisioning | of one node                     | a cancelled one        | as before       | URL       | to be trusted | none     |
        | is Provisioning | of three nodes                  | a link that was cut    | new             | URL       | to be trusted | Palette  |
        | is Provisioning | of three nodes, the last asked  | one of another cluster | as before       | URL       | to be trusted | the edge |
        | is Provisioning | of two nodes, and then of three | a rejected one         | activated again | bare host | any           | none     |
        | is in Error     | of one node                     | a cancelled one        | as before       | URL       | to be trusted | none     |
        | is in Error     | of one node                     | a rejected one         | as before       | URL       | to be trusted | none     |
        | is in Error     | of one node                     | a link that was cut    | activated again | URL       | any           | none     |
        | is in Error     | of three nodes                  | one of another cluster | new             | bare host | to be trusted | the edge |
        | is in Error     | of three nodes, the last asked  | one of another cluster | activated again | URL       | to be trusted | none     |
        | is in Error     | of two nodes, and then of three | nothing                | as before       | bare host | any           | Palette  |

      @PRE-5 @edge @extended
      Examples:
        | amiss                     | shape                           | past                   | token           | endpoint | certificate   | restart  |
        | has its last host cut off | of three nodes                  | nothing                | new             | URL      | to be trusted | the edge |
        | has its last host cut off | of three nodes                  | a rejected one         | as before       | URL      | any           | none     |
        | has its last host cut off | of three nodes                  | a link that was cut    | activated again | URL      | to be trusted | Palette  |
        | has its last host cut off | of three nodes                  | one of another cluster | as before       | URL      | to be trusted | none     |
        | has its last host cut off | of two nodes, and then of three | a cancelled one        | as before       | URL      | to be trusted | none     |

      @PRE-2 @edge @core
      Examples:
        | amiss                      | shape                           | past                   | token           | endpoint  | certificate   | restart  |
        | has an ill node, the first | of one node                     | nothing                | as before       | URL       | to be trusted | the edge |
        | has an ill node, the first | of one node                     | one of another cluster | as before       | URL       | to be trusted | none     |
        | has an ill node, the first | of three nodes                  | a link that was cut    | as before       | URL       | to be trusted | none     |
        | has an ill node, the first | of three nodes, the last asked  | a rejected one         | activated again | bare host | to be trusted | Palette  |
        | has an ill node, the first | of two nodes, and then of three | a cancelled one        | new             | URL       | any           | none     |
        | has an ill node, the last  | of three nodes                  | nothing                | as before       | URL       | to be trusted | none     |
        | has an ill node, the last  | of three nodes                  | a cancelled one        | activated again | URL       | to be trusted | Palette  |
        | has an ill node, the last  | of three nodes                  | a link that was cut    | as before       | URL       | to be trusted | none     |
        | has an ill node, the last  | of three nodes                  | one of another cluster | as before       | URL       | to be trusted | none     |
        | has an ill node, the last  | of three nodes, the last asked  | a cancelled one        | as before       | bare host | any           | none     |
        | has an ill node, the last  | of three nodes, the last asked  | a rejected one         | new             | URL       | to be trusted | the edge |
        | has an ill node, the last  | of two nodes, and then of three | a cancelled one        | as before       | URL       | to be trusted | none     |

      @PRE-4 @both @core
      Examples:
        | amiss                            | shape                           | past                   | token           | endpoint  | certificate   | restart  |
        | has a token that was deactivated | of one node                     | a cancelled one        | as before       | URL       | to be trusted | none     |
        | has a token that was deactivated | of one node                     | one of another cluster | as before       | URL       | any           | Palette  |
        | has a token that was deactivated | of three nodes                  | a rejected one         | as before       | URL       | to be trusted | none     |
        | has a token that was deactivated | of three nodes, the last asked  | a link that was cut    | new             | URL       | to be trusted | none     |
        | has a token that was deactivated | of two nodes, and then of three | nothing                | activated again | bare host | to be trusted | the edge |
        | has a token that was deleted     | of one node                     | a cancelled one        | as before       | bare host | to be trusted | none     |
        | has a token that was deleted     | of one node                     | a rejected one         | as before       | URL       | to be trusted | none     |
        | has a token that was deleted     | of three nodes                  | nothing                | activated again | URL       | to be trusted | none     |
        | has a token that was deleted     | of three nodes, the last asked  | a link that was cut    | new             | URL       | any           | the edge |
        | has a token that was deleted     | of two nodes, and then of three | one of another cluster | as before       | URL       | to be trusted | Palette  |
        | has a token that was expired     | of one node                     | nothing                | new             | URL       | to be trusted | Palette  |
        | has a token that was expired     | of one node                     | a rejected one         | as before       | URL       | to be trusted | none     |
        | has a token that was expired     | of one node                     | one of another cluster | as before       | URL       | to be trusted | none     |
        | has a token that was expired     | of three nodes                  | nothing                | activated again | URL       | to be trusted | none     |
        | has a token that was expired     | of three nodes, the last asked  | a cancelled one        | as before       | bare host | to be trusted | none     |
        | has a token that was expired     | of two nodes, and then of three | a link that was cut    | as before       | URL       | any           | the edge |

      @PRE-6 @edge @core
      Examples:
        | amiss                             | shape                           | past                   | token           | endpoint | certificate   | restart  |
        | has an endpoint that is malformed | of one node                     | a cancelled one        | as before       | URL      | to be trusted | the edge |
        | has an endpoint that is malformed | of one node                     | a rejected one         | as before       | URL      | to be trusted | Palette  |
        | has an endpoint that is malformed | of three nodes                  | one of another cluster | as before       | URL      | to be trusted | none     |
        | has an endpoint that is malformed | of three nodes, the last asked  | nothing                | new             | URL      | any           | none     |
        | has an endpoint that is malformed | of two nodes, and then of three | a link that was cut    | activated again | URL      | to be trusted | none     |
        | has an endpoint that is refusing  | of one node                     | a cancelled one        | as before       | URL      | to be trusted | none     |
        | has an endpoint that is refusing  | of one node                     | a link that was cut    | as before       | URL      | to be trusted | Palette  |
        | has an endpoint that is refusing  | of three nodes                  | nothing                | activated again | URL      | any           | the edge |
        | has an endpoint that is refusing  | of three nodes, the last asked  | a rejected one         | as before       | URL      | to be trusted | none     |
        | has an endpoint that is refusing  | of two nodes, and then of three | one of another cluster | new             | URL      | any           | none     |

    Scenario Outline: A cluster that <amiss> and <besides> sends no request
      Given a local cluster
      And the cluster "<amiss>", with "none" restarted
      And the cluster "<besides>", with "none" restarted
      When the operator sends a pairing request
      Then the request is refused
      And nothing is pending in Local UI
      And no request of the cluster comes to Palette

      @PRE-1 @edge @core
      Examples:
        | amiss       | besides                           |
        | is in Error | has a token that was deactivated  |
        | is in Error | has a token that was deleted      |
        | is in Error | has a token that was expired      |
        | is in Error | has an endpoint that is malformed |
        | is in Error | has an endpoint that is refusing  |

      @PRE-2 @edge @core
      Examples:
        | amiss                      | besides                           |
        | has an ill node, the first | has a token that was deactivated  |
        | has an ill node, the first | has a token that was deleted      |
        | has an ill node, the first | has a token that was expired      |
        | has an ill node, the first | has an endpoint that is malformed |
        | has an ill node, the first | has an endpoint that is refusing  |

  @PRE-11 @edge @extended @unspecified
  Rule: What the connection check looks at, and whom a cut-off host stops

    Scenario Outline: The connection check with a token that is <token>
      Given a local cluster
      And a registration token that is "<token>"
      When the operator checks the connection
      Then what the target does is observed: "the connection check, asked with a token that is <token>"

      Examples:
        | token   |
        | empty   |
        | unknown |
        | expired |

    Scenario: The connection check and a send, on a host that is cut off and on one that is not
      Given a local cluster of at least 1 control plane nodes and 1 workers
      And host 2 of the cluster cannot reach Palette
      When the operator checks the connection on host 2
      And the operator checks the connection on host 1
      And the operator sends a pairing request from host 2
      And the operator sends a pairing request from host 1
      Then what the target does is observed: "the second of two hosts is cut off: both are asked, the second one first"
