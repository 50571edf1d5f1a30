Feature: Messages that get lost on the way
  Whatever a message meets, and whenever: once messages get through again, both sides come to agree
  on who manages the cluster and on what is pending, within the time that everything has to settle.
  Nothing is left that only one of them knows of, but the stale request of a cancel whose message
  did not get through. What was answered with success holds. And a cluster that is still in local
  hands can try again.

  @INV-9 @both @resilience
  Rule: Whatever a message meets, both sides settle on the same

    Scenario Outline: Its next <message> <fate>, <besides>, <meanwhile>, and then it is <next>
      Given a cluster that is about to need the <message>
      And its next <message> <fate>
      And <besides>
      When the <message> is due
      And <meanwhile>
      And its request is <next>
      And all messages get through again
      Then both sides come to agree
      And a cluster that is locally managed can send a request

      Examples:
        | message                 | fate                           | besides                                         | meanwhile                 | next       |
        | check of the connection | is lost before it takes effect | nothing else goes wrong                         | nothing happens meanwhile | left alone |
        | check of the connection | is lost after it took effect   | nothing else goes wrong                         | the edge restarts         | left alone |
        | check of the connection | arrives twice                  | nothing else goes wrong                         | nothing happens meanwhile | left alone |
        | check of the connection | is answered with an error      | nothing else goes wrong                         | Palette restarts          | left alone |
        | check of the connection | is answered with 503           | nothing else goes wrong                         | the edge restarts         | left alone |
        | check of the connection | is answered with 429           | nothing else goes wrong                         | nothing happens meanwhile | sent       |
        | check of the connection | is answered with garbage       | nothing else goes wrong                         | nothing happens meanwhile | left alone |
        | submission              | is lost before it takes effect | the one after it is lost before it takes effect | nothing happens meanwhile | sent       |
        | submission              | is lost after it took effect   | nothing else goes wrong                         | nothing happens meanwhile | accepted   |
        | submission              | is lost after it took effect   | its next withdrawal is answered with an error   | nothing happens meanwhile | cancelled  |
        | submission              | arrives twice                  | nothing else goes wrong                         | the edge restarts         | rejected   |
        | submission              | is answered with an error      | nothing else goes wrong                         | the edge restarts         | sent       |
        | submission              | is answered with 503           | the one after it is lost after it took effect   | nothing happens meanwhile | sent       |
        | submission              | is answered with 429           | the one after it is lost before it takes effect | nothing happens meanwhile | sent       |
        | submission              | is answered with garbage       | nothing else goes wrong                         | Palette restarts          | left alone |
        | news of the acceptance  | is lost before it takes effect | nothing else goes wrong                         | Palette restarts          | sent       |
        | news of the acceptance  | is lost after it took effect   | the one after it is lost before it takes effect | nothing happens meanwhile | rejected   |
        | news of the acceptance  | arrives twice                  | nothing else goes wrong                         | the edge restarts         | cancelled  |
        | news of the acceptance  | is answered with an error      | the one after it is lost before it takes effect | nothing happens meanwhile | rejected   |
        | news of the acceptance  | is answered with 503           | nothing else goes wrong                         | nothing happens meanwhile | rejected   |
        | news of the acceptance  | is answered with 429           | the one after it is lost after it took effect   | nothing happens meanwhile | left alone |
        | news of the acceptance  | is answered with garbage       | the one after it is lost after it took effect   | nothing happens meanwhile | rejected   |
        | news of the rejection   | is lost before it takes effect | nothing else goes wrong                         | nothing happens meanwhile | left alone |
        | news of the rejection   | is lost before it takes effect | nothing else goes wrong                         | nothing happens meanwhile | accepted   |
        | news of the rejection   | is lost after it took effect   | the one after it is lost after it took effect   | nothing happens meanwhile | accepted   |
        | news of the rejection   | arrives twice                  | nothing else goes wrong                         | the edge restarts         | sent       |
        | news of the rejection   | is answered with an error      | the one after it is lost after it took effect   | nothing happens meanwhile | left alone |
        | news of the rejection   | is answered with 503           | nothing else goes wrong                         | nothing happens meanwhile | accepted   |
        | news of the rejection   | is answered with 503           | nothing else goes wrong                         | Palette restarts          | cancelled  |
        | news of the rejection   | is answered with 429           | nothing else goes wrong                         | nothing happens meanwhile | left alone |
        | news of the rejection   | is answered with garbage       | the one after it is lost before it takes effect | nothing happens meanwhile | accepted   |
        | confirmation            | is lost before it takes effect | the one after it is lost after it took effect   | nothing happens meanwhile | rejected   |
        | confirmation            | is lost after it took effect   | nothing else goes wrong                         | Palette restarts          | sent       |
        | confirmation            | arrives twice                  | nothing else goes wrong                         | nothing happens meanwhile | left alone |
        | confirmation            | is answered with an error      | nothing else goes wrong                         | nothing happens meanwhile | cancelled  |
        | confirmation            | is answered with 503           | the one after it is lost before it takes effect | nothing happens meanwhile | left alone |
        | confirmation            | is answered with 429           | nothing else goes wrong                         | nothing happens meanwhile | cancelled  |
        | confirmation            | is answered with garbage       | nothing else goes wrong                         | the edge restarts         | cancelled  |
        | withdrawal              | is lost before it takes effect | nothing else goes wrong                         | the edge restarts         | cancelled  |
        | withdrawal              | is lost after it took effect   | nothing else goes wrong                         | nothing happens meanwhile | left alone |
        | withdrawal              | arrives twice                  | nothing else goes wrong                         | nothing happens meanwhile | left alone |
        | withdrawal              | is answered with an error      | nothing else goes wrong                         | Palette restarts          | accepted   |
        | withdrawal              | is answered with 503           | nothing else goes wrong                         | nothing happens meanwhile | left alone |
        | withdrawal              | is answered with 429           | nothing else goes wrong                         | the edge restarts         | accepted   |
        | withdrawal              | is answered with 429           | nothing else goes wrong                         | Palette restarts          | rejected   |
        | withdrawal              | is answered with garbage       | nothing else goes wrong                         | nothing happens meanwhile | sent       |
        | acceptance              | arrives twice                  | nothing else goes wrong                         | nothing happens meanwhile | left alone |
        | acceptance              | arrives twice                  | nothing else goes wrong                         | nothing happens meanwhile | rejected   |
        | acceptance              | arrives twice                  | nothing else goes wrong                         | the edge restarts         | sent       |
        | acceptance              | arrives twice                  | nothing else goes wrong                         | Palette restarts          | cancelled  |
        | rejection               | arrives twice                  | nothing else goes wrong                         | nothing happens meanwhile | sent       |
        | rejection               | arrives twice                  | nothing else goes wrong                         | nothing happens meanwhile | accepted   |
        | rejection               | arrives twice                  | nothing else goes wrong                         | the edge restarts         | cancelled  |
        | rejection               | arrives twice                  | nothing else goes wrong                         | Palette restarts          | left alone |

      Examples:
        | message    | fate       | besides                 | meanwhile                 | next       |
        | submission | comes late | nothing else goes wrong | nothing happens meanwhile | sent       |
        | submission | comes late | nothing else goes wrong | the edge restarts         | left alone |
        | submission | comes late | nothing else goes wrong | Palette restarts          | cancelled  |
        | withdrawal | comes late | nothing else goes wrong | nothing happens meanwhile | left alone |
        | withdrawal | comes late | nothing else goes wrong | nothing happens meanwhile | rejected   |
        | withdrawal | comes late | nothing else goes wrong | the edge restarts         | sent       |
        | withdrawal | comes late | nothing else goes wrong | the edge restarts         | cancelled  |
        | withdrawal | comes late | nothing else goes wrong | Palette restarts          | accepted   |
        | withdrawal | comes late | nothing else goes wrong | Palette restarts          | rejected   |
        | acceptance | comes late | nothing else goes wrong | nothing happens meanwhile | left alone |
        | acceptance | comes late | nothing else goes wrong | nothing happens meanwhile | cancelled  |
        | acceptance | comes late | nothing else goes wrong | the edge restarts         | rejected   |
        | acceptance | comes late | nothing else goes wrong | Palette restarts          | sent       |
        | rejection  | comes late | nothing else goes wrong | nothing happens meanwhile | sent       |
        | rejection  | comes late | nothing else goes wrong | nothing happens meanwhile | cancelled  |
        | rejection  | comes late | nothing else goes wrong | nothing happens meanwhile | accepted   |
        | rejection  | comes late | nothing else goes wrong | the edge restarts         | accepted   |
        | rejection  | comes late | nothing else goes wrong | Palette restarts          | left alone |

      Examples:
        | message    | fate               | besides                 | meanwhile                 | next       |
        | submission | arrives again late | nothing else goes wrong | nothing happens meanwhile | sent       |
        | submission | arrives again late | nothing else goes wrong | nothing happens meanwhile | cancelled  |
        | submission | arrives again late | nothing else goes wrong | the edge restarts         | left alone |
        | submission | arrives again late | nothing else goes wrong | the edge restarts         | rejected   |
        | submission | arrives again late | nothing else goes wrong | Palette restarts          | accepted   |
        | withdrawal | arrives again late | nothing else goes wrong | nothing happens meanwhile | left alone |
        | withdrawal | arrives again late | nothing else goes wrong | nothing happens meanwhile | accepted   |
        | withdrawal | arrives again late | nothing else goes wrong | nothing happens meanwhile | rejected   |
        | withdrawal | arrives again late | nothing else goes wrong | the edge restarts         | sent       |
        | withdrawal | arrives again late | nothing else goes wrong | the edge restarts         | cancelled  |
        | withdrawal | arrives again late | nothing else goes wrong | Palette restarts          | rejected   |
        | acceptance | arrives again late | nothing else goes wrong | nothing happens meanwhile | left alone |
        | acceptance | arrives again late | nothing else goes wrong | nothing happens meanwhile | rejected   |
        | acceptance | arrives again late | nothing else goes wrong | the edge restarts         | cancelled  |
        | acceptance | arrives again late | nothing else goes wrong | Palette restarts          | sent       |
        | rejection  | arrives again late | nothing else goes wrong | nothing happens meanwhile | sent       |
        | rejection  | arrives again late | nothing else goes wrong | the edge restarts         | accepted   |
        | rejection  | arrives again late | nothing else goes wrong | Palette restarts          | left alone |
        | rejection  | arrives again late | nothing else goes wrong | Palette restarts          | cancelled  |

      Examples:
        | message    | fate       | besides                                         | meanwhile                 | next      |
        | submission | comes late | the one after it is lost before it takes effect | nothing happens meanwhile | sent      |
        | submission | comes late | the one after it is lost after it took effect   | nothing happens meanwhile | sent      |
        | submission | comes late | its next withdrawal is answered with an error   | nothing happens meanwhile | cancelled |
        | acceptance | comes late | its next withdrawal is answered with an error   | nothing happens meanwhile | cancelled |
        | rejection  | comes late | its next withdrawal is answered with an error   | nothing happens meanwhile | cancelled |

      Examples:
        | message                 | fate               | besides                                         | meanwhile                 | next       |
        | check of the connection | comes late         | nothing else goes wrong                         | the edge restarts         | left alone |
        | question                | arrives again late | its next withdrawal is answered with an error   | nothing happens meanwhile | cancelled  |
        | news of the acceptance  | comes late         | nothing else goes wrong                         | Palette restarts          | sent       |
        | news of the rejection   | comes late         | the one after it is lost after it took effect   | nothing happens meanwhile | accepted   |
        | confirmation            | comes late         | the one after it is lost before it takes effect | nothing happens meanwhile | rejected   |

      Examples:
        | message  | fate                           | besides                                         | meanwhile                 | next       |
        | question | is lost before it takes effect | the one after it is lost before it takes effect | nothing happens meanwhile | rejected   |
        | question | is lost after it took effect   | nothing else goes wrong                         | the edge restarts         | left alone |
        | question | arrives twice                  | its next withdrawal is answered with an error   | nothing happens meanwhile | cancelled  |
        | question | is answered with an error      | the one after it is lost after it took effect   | nothing happens meanwhile | left alone |
        | question | is answered with 503           | nothing else goes wrong                         | Palette restarts          | accepted   |
        | question | is answered with 429           | nothing else goes wrong                         | nothing happens meanwhile | sent       |
        | question | is answered with garbage       | nothing else goes wrong                         | nothing happens meanwhile | left alone |
