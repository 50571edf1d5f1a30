Feature: Registration tokens, and who administers them
  A registration token lets clusters into a project. Whoever administers the tenant creates it, says
  when it expires and for which project it is, deactivates and deletes it; nobody else does, and what
  was changed last is what counts.

  Rule: What was changed last is what counts
    The rows are drawn (harness/tables).

    Scenario Outline: A token that is good after its changes: to expire <first>, then <then>
      Given a local cluster
      And a <used> token that is to expire <first>, and then <then>, under <name> name and for <project> project, and is <state>
      And then "<restart>" has restarted
      When the operator sends a pairing request until one is taken
      Then the request is sent
      And its request waits in the project of the token

      @PRE-4 @both @core
      Examples:
        | first       | then        | name            | project | state      | restart | used       |
        | in an hour  | in an hour  | its own         | its own | on         | none    | still used |
        | in an hour  | in an hour  | a deleted one's | its own | on         | Palette | new        |
        | in an hour  | in an hour  | a deleted one's | its own | off and on | none    | used       |
        | in two days | in an hour  | its own         | its own | on         | none    | new        |
        | in two days | in two days | another         | its own | on         | Palette | new        |
        | a while ago | in an hour  | another         | its own | off and on | none    | still used |
        | a while ago | in an hour  | a deleted one's | its own | on         | none    | new        |
        | a while ago | in two days | its own         | its own | on         | none    | used       |

      @PRE-9 @central @extended
      Examples:
        | first       | then        | name            | project | state      | restart | used       |
        | in an hour  | in two days | another         | another | on         | none    | still used |
        | in two days | in an hour  | another         | another | on         | none    | used       |
        | in two days | in two days | a deleted one's | another | off and on | none    | still used |
        | a while ago | in an hour  | its own         | another | off and on | Palette | new        |

    Scenario Outline: A token that is no good after its changes: to expire <first>, then <then>
      Given a local cluster
      And a <used> token that is to expire <first>, and then <then>, under <name> name and for <project> project, and is <state>
      And then "<restart>" has restarted
      When the operator sends a pairing request
      Then the request is refused
      And nothing is pending in Local UI

      @PRE-4 @both @core
      Examples:
        | first       | then        | name            | project | state      | restart | used       |
        | in an hour  | in an hour  | another         | its own | deleted    | none    | used       |
        | in an hour  | in an hour  | another         | another | off        | Palette | new        |
        | in an hour  | in two days | another         | its own | off        | none    | still used |
        | in an hour  | a while ago | its own         | its own | on         | none    | used       |
        | in an hour  | a while ago | a deleted one's | its own | off and on | Palette | new        |
        | in two days | in an hour  | its own         | its own | off        | none    | new        |
        | in two days | in two days | its own         | another | deleted    | Palette | new        |
        | in two days | in two days | a deleted one's | another | off        | none    | used       |
        | in two days | a while ago | its own         | its own | off and on | none    | still used |
        | in two days | a while ago | another         | another | on         | none    | still used |
        | a while ago | in an hour  | a deleted one's | its own | deleted    | none    | still used |
        | a while ago | in two days | its own         | its own | off        | none    | new        |
        | a while ago | a while ago | another         | another | off and on | none    | used       |
        | a while ago | a while ago | a deleted one's | another | on         | Palette | new        |

    @PRE-4 @both @core
    Scenario: A token that its administrator has deleted admits no request
      Given a local cluster
      And a registration token that its administrator has deleted
      When the operator sends a pairing request
      Then the request is refused
      And nothing is pending in Local UI

  @INV-7 @both @resilience
  Rule: Nobody else changes registration tokens

    Scenario Outline: Somebody who <who> may not <action> a token
      Given a registration token that its administrator has created
      And somebody with <way> who <who>
      When this person tries to <action> a token
      Then it is refused
      And the token is as it was, and there is no other
      And its administrator can <action> a token

      Examples:
        | action     | who                                | way        |
        | create     | may only list requests             | an API key |
        | create     | has every right in another project | an API key |
        | create     | administers tokens no more         | a login    |
        | change     | may only list requests             | an API key |
        | change     | has every right in another project | an API key |
        | change     | administers tokens no more         | a login    |
        | deactivate | may only list requests             | an API key |
        | deactivate | has every right in another project | a login    |
        | deactivate | administers tokens no more         | an API key |
        | delete     | may only list requests             | a login    |
        | delete     | has every right in another project | an API key |
        | delete     | administers tokens no more         | an API key |

  @PRE-10 @central @extended @unspecified
  Rule: How far a permission goes

    Scenario: Somebody who may only list requests looks at registration tokens
      Given a registration token that its administrator has created
      And somebody with an API key who may only list requests
      When this person looks at the list of tokens and at this one
      Then what the target does is observed: "who may only list requests looks at registration tokens"
