Feature: Clocks that are set, and tokens around their end
  A clock may be wrong for a while, on one side alone or on both, and be put right at any moment.
  Nothing that the procedure says depends on that, but how long a registration token is good. Logins
  may end by it, an acceptance may have waited for too long, and what nobody has decided for very
  long may have lapsed, as long as both sides come to agree.

  @INV-9 @both @resilience
  Rule: Whatever a clock shows, both sides settle on the same

    Scenario Outline: <whose> clock goes <goes> by <by>: a request is <phase>, and then <next>
      Given a day on which <whose> clock is to go <goes> by <by>
      And a cluster whose request is <phase>
      Then both sides agree, also when <whose> clock goes <goes> by <by>
      And with the request <phase>, it can be <next>
      When its hosts reach Palette, by <whose> clock as well
      Then both sides come to agree
      And a cluster that is locally managed can send a request
      And its requests have ids of their own

      Examples:
        | whose      | goes           | by      | phase             | next       |
        | Palette's  | forth and back | 31 days | about to be sent  | sent       |
        | Palette's  | forth and back | 31 days | pending           | left alone |
        | Palette's  | forth and back | 31 days | pending           | accepted   |
        | Palette's  | forth and back | 31 days | pending           | rejected   |
        | Palette's  | forth and back | 31 days | pending           | cancelled  |
        | Palette's  | forth and back | 31 days | cancelled         | sent       |
        | Palette's  | forth and back | 31 days | cancelled unheard | left alone |
        | Palette's  | forth and back | 31 days | rejected          | left alone |
        | Palette's  | forth and back | 31 days | being handed over | left alone |
        | Palette's  | forth and back | 31 days | being handed over | cancelled  |
        | Palette's  | forth and back | 31 days | accepted in vain  | left alone |
        | Palette's  | forth and back | 31 days | paired            | left alone |
        | the edge's | forth and back | 31 days | about to be sent  | sent       |
        | the edge's | forth and back | 31 days | pending           | accepted   |
        | the edge's | forth and back | 31 days | cancelled         | left alone |
        | the edge's | forth and back | 31 days | cancelled unheard | rejected   |
        | the edge's | forth and back | 31 days | rejected          | sent       |
        | the edge's | forth and back | 31 days | being handed over | cancelled  |
        | the edge's | forth and back | 31 days | accepted in vain  | left alone |
        | the edge's | forth and back | 31 days | paired            | left alone |

      Examples:
        | whose                      | goes  | by       | phase             | next       |
        | Palette's                  | forth | a second | pending           | left alone |
        | Palette's                  | forth | a second | pending           | accepted   |
        | Palette's                  | forth | a second | being handed over | cancelled  |
        | Palette's                  | forth | a day    | pending           | rejected   |
        | the edge's                 | forth | a second | pending           | left alone |
        | the edge's                 | forth | a second | pending           | rejected   |
        | the edge's                 | forth | a day    | pending           | accepted   |
        | the edge's                 | forth | a day    | being handed over | cancelled  |
        | each side's, on a leap day | forth | a second | pending           | accepted   |
        | each side's, on a leap day | forth | a second | pending           | rejected   |
        | each side's, on a leap day | forth | a second | pending           | cancelled  |
        | each side's, on a leap day | forth | a second | being handed over | left alone |
        | each side's, on a leap day | forth | a day    | pending           | left alone |

      Examples:
        | whose                      | goes | by       | phase            | next       |
        | Palette's                  | back | a minute | pending          | left alone |
        | Palette's                  | back | a minute | pending          | cancelled  |
        | Palette's                  | back | a minute | cancelled        | sent       |
        | Palette's                  | back | a minute | accepted in vain | left alone |
        | Palette's                  | back | an hour  | pending          | accepted   |
        | Palette's                  | back | an hour  | pending          | rejected   |
        | the edge's                 | back | a minute | pending          | accepted   |
        | the edge's                 | back | a minute | pending          | rejected   |
        | the edge's                 | back | a minute | cancelled        | sent       |
        | the edge's                 | back | a minute | accepted in vain | left alone |
        | the edge's                 | back | an hour  | pending          | cancelled  |
        | the edge's                 | back | an hour  | cancelled        | left alone |
        | each side's, on a leap day | back | a minute | pending          | accepted   |
        | each side's, on a leap day | back | a minute | pending          | rejected   |
        | each side's, on a leap day | back | a minute | pending          | cancelled  |
        | each side's, on a leap day | back | a minute | cancelled        | left alone |
        | each side's, on a leap day | back | an hour  | cancelled        | sent       |
        | each side's, on a leap day | back | an hour  | accepted in vain | left alone |

      Examples:
        | whose      | goes  | by    | phase            | next       |
        | the edge's | forth | a day | pending, cut off | left alone |
        | the edge's | forth | a day | pending, cut off | accepted   |

  @PRE-4 @both @core
  Rule: A registration token is good to its end, and no longer

    Scenario Outline: A token that lasts <lasts> is taken <moment> its end
      Given it is <day> on both sides
      And a registration token that lasts <lasts>, while the edge's own clock is <edge>
      When the operator sends a pairing request <moment> its end
      Then the request is sent

      Examples:
        | lasts    | moment          | day                      | edge         |
        | a minute | a second before | any day                  | a day ahead  |
        | a minute | a second before | a day before winter time | a day behind |
        | a day    | a second before | any day                  | a day behind |
        | a day    | a second before | a day before summer time | a day ahead  |
        | a day    | a second before | a day before winter time | right        |
        | 31 days  | a second before | any day                  | right        |
        | 31 days  | a second before | a day before summer time | a day behind |
        | 31 days  | a second before | a day before winter time | a day ahead  |

    Scenario Outline: A token that lasts <lasts> is refused <moment> its end
      Given it is <day> on both sides
      And a registration token that lasts <lasts>, while the edge's own clock is <edge>
      When the operator sends a pairing request <moment> its end
      Then the request is refused
      And nothing is pending in Local UI

      Examples:
        | lasts    | moment      | day                      | edge         |
        | a minute | right after | a day before summer time | right        |
        | a day    | right after | a day before winter time | a day behind |
        | 31 days  | right after | any day                  | a day ahead  |
