Feature: The same in other words
  What our client writes, our codec has made. Another client orders its keys otherwise, says null
  where ours says nothing, writes a time with an offset; and whoever means harm names a field twice.
  A product may refuse what it does not like the look of. What it takes has to mean what the plain
  one beside it means, which was taken in the same scenario. Without a wire there is nothing to write.

  Rule: A body is taken for what it says, however it is written, or refused
    The rows are drawn (harness/tables).

    Scenario Outline: Written with <written>, <message> is refused or means the same
      Given <message>, and one like it with <written>
      Then that is refused without a trace, or what comes of it is the same

      @ACC-24 @both @core
      Examples:
        | message      | written                           |
        | a submission | its keys in another order         |
        | a submission | white space in between            |
        | a submission | every letter escaped              |
        | a submission | each key twice, alike             |
        | a submission | nothing in what it leaves out     |
        | a submission | fields that nobody knows          |
        | a submission | its lists in another order        |
        | a submission | two hundred thousand letters more |
        | a submission | a field two hundred levels deep   |

      @ACC-6 @central @core
      Examples:
        | message       | written                       |
        | an acceptance | its keys in another order     |
        | an acceptance | each key twice, alike         |
        | an acceptance | nothing in what it leaves out |
        | an acceptance | fields that nobody knows      |
        | an acceptance | its lists in another order    |

      @SND-13 @edge @core
      Examples:
        | message | written                           |
        | a send  | its keys in another order         |
        | a send  | white space in between            |
        | a send  | every letter escaped              |
        | a send  | each key twice, alike             |
        | a send  | nothing in what it leaves out     |
        | a send  | fields that nobody knows          |
        | a send  | two hundred thousand letters more |
        | a send  | a field two hundred levels deep   |

    Scenario Outline: What comes of <message> written with <written> is observed
      Given <message>, and one like it with <written>
      Then what comes of that is observed

      @ACC-24 @both @core
      Examples:
        | message      | written                        |
        | a submission | its keys in another case       |
        | a submission | its numbers and flags as texts |

      @ACC-6 @central @core
      Examples:
        | message       | written                  |
        | an acceptance | its keys in another case |

      @SND-13 @edge @core
      Examples:
        | message | written                        |
        | a send  | its keys in another case       |
        | a send  | its numbers and flags as texts |

  @PRE-4 @both @core
  Rule: No second token gets in beside a good one

    Scenario Outline: A submission names its token <manner>, the good one <good>
      Given a submission that names its token <manner>, the good one <good>
      Then it is not in the project of the other one

      Examples:
        | manner                  | good  |
        | twice                   | first |
        | twice                   | last  |
        | in another case besides | first |
        | in another case besides | last  |

    Scenario Outline: A token's expiry is written <how>
      Given two registration tokens that are good until one moment, which is once written <how>
      Then both show that moment, if both were taken

      Examples:
        | how                                           |
        | without a fraction                            |
        | with a fraction of one digit                  |
        | with nine digits of a fraction                |
        | with an offset of zero                        |
        | ten hours ahead                               |
        | five and a half hours behind, with a fraction |
        | in small letters                              |

    Scenario Outline: A token is good until its expiry, which is written <how>
      Given a local cluster
      And a token that is to expire in an hour, which is written <how>
      When the operator sends a pairing request
      Then the request is sent

      Examples:
        | how                                           |
        | ten hours ahead                               |
        | five and a half hours behind, with a fraction |

    Scenario Outline: A token is no good after its expiry, which is written <how>
      Given a local cluster
      And a token that is to expire a while ago, which is written <how>
      When the operator sends a pairing request
      Then the request is refused
      And nothing is pending in Local UI

      Examples:
        | how                                           |
        | ten hours ahead                               |
        | five and a half hours behind, with a fraction |

  @ACC-7 @central @core
  Rule: What is matched is what pairs, in its version

    Scenario Outline: An acceptance names a profile <manner>, the good one <good>
      Given an acceptance that names a profile <manner>, the good one <good>
      Then the cluster is paired with what fits, or goes on waiting

      Examples:
        | manner                  | good  |
        | twice                   | first |
        | twice                   | last  |
        | in another case besides | first |
        | in another case besides | last  |

    Scenario Outline: A request whose packs <difference> does not match
      When the administrator accepts a request whose packs <difference>
      Then it is refused

      Examples:
        | difference                                                  |
        | have the profiles' versions as tags, and others as versions |
        | have a letter of another script in their names              |
        | have a digit of another script in their versions            |

  @PRE-7 @central @core
  Rule: The latest version is the latest by the order of versions

    Scenario Outline: Of the versions <versions> the earlier fits
      Given a pending pairing request
      And the add-on profile is to have <versions>, made in order, with no draft
      And fitting profiles are selected: of that one the earlier does, if there can be such versions
      When the administrator matches them with the request
      Then they do not match
      And Palette refuses to pair the cluster with them

      Examples:
        | versions                        |
        | 1.1.9+1 < 1.1.10+1              |
        | 1.0.0-alpha.9 < 1.0.0-alpha.b   |
        | 1.0.0-9 < 1.0.0-alpha           |
        | 1.0.0-rc.9+2 < 1.0.0-rc.10+1    |

  @ACC-16 @central @extended @unspecified
  Rule: Which of two versions is later, where nothing says so, is observed

    Scenario Outline: A profile in the versions <versions>
      Given a pending pairing request
      And the add-on profile has <versions>, of which one fits
      When the administrator matches them with the request
      And pairs the cluster with them
      Then what the target does is observed: "of <versions> the last one fits, and no other does"

      Examples:
        | versions          |
        | 1.0.0+1 and 1.0.0+2 |
        | 1.0.0+2 and 1.0.0+1 |
        | 01.2.0 and 1.1.0    |

  @PRE-8 @central @extended
  Rule: Who looks like an administrator is none

    Scenario Outline: An address differs from an administrator's by <letters>
      Given 3 requests of hosts wait in Palette
      When somebody whose address is an administrator's but for <letters> logs in and rejects one
      Then it is refused
      And each of them is listed once, as its own cluster's

      Examples:
        | letters                   |
        | a capital letter          |
        | a wide letter             |
        | a letter that nobody sees |
        | an accent                 |

  @ACC-24 @both @core
  Rule: The request brings along letters of every kind

    Scenario Outline: A <field> with <letters> is refused, or shown to its last letter
      Given a local cluster whose <field> is written with <letters>
      When the operator sends a pairing request
      Then it is refused, or the request shows the whole <field>

      Examples:
        | field       | letters                        |
        | description | an accent in one               |
        | description | an accent apart                |
        | description | letters that look like others  |
        | description | letters that nobody sees       |
        | description | wide letters                   |
        | description | letters from right to left     |
        | description | letters beyond the first plane |
        | description | a sign of several              |
        | description | lines that follow              |
        | description | blanks where its lines end     |
        | name        | two blanks in a row            |
        | tag         | letters that look like others  |
        | tag         | a sign of several              |

    Scenario Outline: Tags of every kind are refused, or shown as they are: <kind>
      Given a local cluster with the tags "<tags>"
      When the operator sends a pairing request
      Then it is refused, or the request shows each of its tags

      Examples:
        | kind                      | tags                                              |
        | one without a value       | site=north, spare=                                |
        | dots and a slash in a key | example.com/team=ops, app.kubernetes.io/name=till |
        | signs in values           | at=10:30, way=a/b.c, part=50%, sum=1+1            |
        | many                      | (40 of them)                                      |

  @ACC-6 @central @core
  Rule: Letters of every kind can be entered on acceptance

    Scenario Outline: A <field> with <letters> is refused, or borne to its last letter
      Given 3 requests of hosts wait in Palette
      When the administrator accepts one of them with a <field> written with <letters>
      Then it is refused and waits, or its cluster bears the whole <field>

      Examples:
        | field       | letters                        |
        | name        | letters that look like others  |
        | name        | the letters of another's       |
        | description | an accent apart                |
        | description | letters that nobody sees       |
        | description | letters from right to left     |
        | description | letters beyond the first plane |
        | description | lines that follow              |
        | tag         | wide letters                   |
        | tag         | a sign of several              |

    Scenario Outline: Tags of every kind are refused, or borne as they were entered: <kind>
      Given 3 requests of hosts wait in Palette
      When the administrator accepts one of them with the tags "<tags>"
      Then it is refused and waits, or its cluster bears each of these tags

      Examples:
        | kind                      | tags                                              |
        | one without a value       | site=north, spare=                                |
        | dots and a slash in a key | example.com/team=ops, app.kubernetes.io/name=till |
        | signs in values           | at=10:30, way=a/b.c, part=50%, sum=1+1            |
        | many                      | (40 of them)                                      |

  @INV-9 @both @resilience
  Rule: An answer in other words leads nobody astray
    Its fields come the other way round, with null and with such as nobody has asked for. A host may
    fail to read it, as it may fail to read any: then the next one is plain.

    Scenario Outline: Its next <message> is answered in other words
      Given a cluster that is about to need the <message>
      And its next <message> is answered in other words
      When the <message> is due
      And all messages get through again
      Then both sides come to agree
      And a cluster that is locally managed can send a request

      Examples:
        | message                 |
        | check of the connection |
        | submission              |
        | question                |
        | news of the acceptance  |
        | news of the rejection   |
        | confirmation            |
