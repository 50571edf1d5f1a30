Feature: Messages that get lost on the way
  Whatever a message of the host meets, and whenever: once messages get through again, both sides
  come to agree on who manages the cluster and on what is pending, within the time that everything
  has to settle. Nothing is left that only one of them knows of, but the stale request of a cancel
  whose message did not get through. And a cluster that is still in local hands can try again.

  @INV-9 @both @resilience
  Rule: Whatever a message meets, both sides settle on the same

    Scenario Outline: A request is <before>, the next <message> <fault>, it is <after>, and <event>
      Given a local cluster whose request was <before>
      And its host's next <message> <fault>
      When its request is <after>
      And <event>
      And all messages of its host get through again
      Then both sides come to agree
      And a cluster that is locally managed can send a request

      Examples: the send
        | before       | message    | fault                          | after           | event                                     |
        | not sent yet | submission | is lost before it takes effect | sent            | the edge restarts                         |
        | not sent yet | submission | is lost after it took effect   | sent            | the operator looks at the pairing request |
        | not sent yet | submission | is lost after it took effect   | sent, accepted  | the operator looks at the pairing request |
        | not sent yet | submission | is lost after it took effect   | sent, sent      | the operator looks at the pairing request |
        | not sent yet | submission | is answered with an error      | sent            | the operator looks at the pairing request |
        | not sent yet | submission | arrives twice                  | sent, cancelled | the operator looks at the pairing request |

      Examples: the host follows its request
        | before | message  | fault                          | after    | event                                     |
        | sent   | question | is lost before it takes effect | rejected | the edge restarts                         |
        | sent   | question | is lost after it took effect   | accepted | the operator looks at the pairing request |
        | sent   | question | is answered with an error      | accepted | the operator looks at the pairing request |
        | sent   | question | is answered with an error      | sent     | the operator looks at the pairing request |
        | sent   | question | arrives twice                  | rejected | the operator looks at the pairing request |

      Examples: the handover
        | before | message      | fault                          | after              | event                                     |
        | sent   | confirmation | is lost before it takes effect | accepted           | Palette restarts                          |
        | sent   | confirmation | is lost after it took effect   | accepted           | the edge restarts                         |
        | sent   | confirmation | is answered with an error      | accepted, rejected | the operator looks at the pairing request |
        | sent   | confirmation | arrives twice                  | accepted           | the operator looks at the pairing request |

      Examples: the cancel
        | before | message    | fault                          | after               | event                                     |
        | sent   | withdrawal | is lost before it takes effect | cancelled, accepted | the operator looks at the pairing request |
        | sent   | withdrawal | is lost before it takes effect | cancelled, sent     | the edge restarts                         |
        | sent   | withdrawal | is lost after it took effect   | cancelled, sent     | Palette restarts                          |
        | sent   | withdrawal | is answered with an error      | cancelled, rejected | the operator looks at the pairing request |
        | sent   | withdrawal | is answered with an error      | cancelled, accepted | the operator looks at the pairing request |
        | sent   | withdrawal | arrives twice                  | cancelled, sent     | the operator looks at the pairing request |

    Scenario Outline: The next <message> <fault>, the next <other> <fate>, and a request is <course>
      Given a local cluster
      And its host's next <message> <fault>
      And its host's next <other> <fate>
      When its request is <course>
      And all messages of its host get through again
      Then both sides come to agree
      And a cluster that is locally managed can send a request

      Examples:
        | message      | fault                        | other        | fate                           | course          |
        | submission   | is lost after it took effect | withdrawal   | is lost before it takes effect | sent, cancelled |
        | submission   | is lost after it took effect | withdrawal   | is answered with an error      | sent, cancelled |
        | confirmation | is lost after it took effect | confirmation | is answered with an error      | sent, accepted  |
        | submission   | is answered with an error    | submission   | is lost after it took effect   | sent, sent      |
