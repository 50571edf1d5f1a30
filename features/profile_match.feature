Feature: Match the profiles of a local cluster
  A cluster is paired only with cluster profiles that are exactly what it runs: every pack with
  the same pack in the same version, nothing missing, nothing besides, and each profile in its
  latest version. A match that is too kind would change a running cluster behind its back.

  Background: The document's own example
    Given these cluster profiles:
      | Local cluster profile     | Combination A             | Combination B             | Combination C             | Combination D             |
      | Infra profile             | Infra profile             | Full profile              | Infra profile             | Infra profile             |
      | Amazon EBS CSI 1.20.0     | Amazon EBS CSI 1.20.0     | Amazon EBS CSI 1.20.0     | Amazon EBS CSI 1.20.0     | Amazon EBS CSI 1.20.0     |
      | Calico 3.25.1             | Calico 3.25.1             | Calico 3.25.1             | Calico 3.25.1             | Calico 3.25.1             |
      | PXK-E 1.31.0              | PXK-E 1.31.0              | PXK-E 1.31.0              | PXK-E 1.31.0              | PXK-E 1.31.0              |
      | Ubuntu 22.04              | Ubuntu 22.04              | Ubuntu 22.04              | Ubuntu 22.04              | Ubuntu 22.04              |
      | Add-on profile            | Add-on profile            |                           | Add-on profile            | Add-on profile            |
      | Prometheus-Grafana 44.3.1 | Prometheus-Grafana 44.3.1 | Prometheus-Grafana 44.3.1 | Prometheus-Grafana 40.3.1 | Prometheus-Grafana 44.3.1 |
      |                           |                           |                           |                           | Hello-Universe 2.0.0      |
      |                           | Valid match               | Valid match               | Invalid match             | Invalid match             |

  @ACC-9A @central @core
  Rule: Combination A is valid: the same two profiles

    Scenario: Combination A
      Given a pending pairing request of the cluster in the table
      And the profiles of "Combination A" are selected
      When the administrator matches them with the request
      Then they match
      And the cluster can be paired with them

  @ACC-9B @central @core
  Rule: Combination B is valid: one full profile that holds all layers

    Scenario: Combination B
      Given a pending pairing request of the cluster in the table
      And the profiles of "Combination B" are selected
      When the administrator matches them with the request
      Then they match
      And the cluster can be paired with them

  @ACC-9C @central @core
  Rule: Combination C is invalid: the add-on profile has a pack in the wrong version

    Scenario: Combination C
      Given a pending pairing request of the cluster in the table
      And the profiles of "Combination C" are selected
      When the administrator matches them with the request
      Then they do not match
      And Palette refuses to pair the cluster with them

  @ACC-9D @central @core
  Rule: Combination D is invalid: the add-on profile has one pack too many

    Scenario: Combination D
      Given a pending pairing request of the cluster in the table
      And the profiles of "Combination D" are selected
      When the administrator matches them with the request
      Then they do not match
      And Palette refuses to pair the cluster with them

  @ACC-7 @central @core
  Rule: Every pack has its equal in exactly the same version, and none is left over

    Scenario Outline: A wrong version in the layer <layer>
      Given a pending pairing request
      And fitting profiles are selected, but with "<pack>" in the version "<version>"
      When the administrator matches them with the request
      Then they do not match
      And Palette refuses to pair the cluster with them

      Examples:
        | layer | pack               | version |
        | os    | Ubuntu             | 24.04   |
        | k8s   | PXK-E              | 1.30.4  |
        | cni   | Calico             | 3.26.0  |
        | csi   | Amazon EBS CSI     | 1.19.9  |
        | addon | Prometheus-Grafana | 44.3.2  |

    Scenario Outline: A wrong version in a full profile, in the layer <layer>
      Given these cluster profiles:
        | Local cluster profile     |
        | Full profile              |
        | Amazon EBS CSI 1.20.0     |
        | Calico 3.25.1             |
        | PXK-E 1.31.0              |
        | Ubuntu 22.04              |
        | Prometheus-Grafana 44.3.1 |
      And a pending pairing request of the cluster in the table
      And fitting profiles are selected, but with "<pack>" in the version "<version>"
      When the administrator matches them with the request
      Then they do not match
      And Palette refuses to pair the cluster with them

      Examples:
        | layer | pack               | version |
        | k8s   | PXK-E              | 1.30.4  |
        | addon | Prometheus-Grafana | 44.3.2  |

    Scenario Outline: Versions that nearly agree do not: <difference>
      Given a local cluster that runs "PXK-E" in the version "<local>"
      And a pending pairing request
      And fitting profiles are selected, but with "PXK-E" in the version "<offered>"
      When the administrator matches them with the request
      Then they do not match
      And Palette refuses to pair the cluster with them

      Examples:
        | difference                 | local         | offered       |
        | the last part              | 1.31.0        | 1.31.1        |
        | a fourth part more         | 1.31.0        | 1.31.0.1      |
        | a fourth part less         | 1.31.0.1      | 1.31.0        |
        | another fourth part        | 1.31.0.1      | 1.31.0.2      |
        | another build              | 1.31.0+rke2r1 | 1.31.0+rke2r2 |
        | a build more               | 1.31.0        | 1.31.0+rke2r1 |
        | a build less               | 1.31.0+rke2r1 | 1.31.0        |
        | a build after a dash       | 1.31.0-1      | 1.31.0-2      |
        | a pre-release              | 1.31.0        | 1.31.0-rc.1   |
        | a leading v more           | 1.31.0        | v1.31.0       |
        | a leading v less           | v1.31.0       | 1.31.0        |
        | the end left out           | 1.20.0        | 1.20          |
        | an end added               | 1.20          | 1.20.0        |
        | the beginning alone agrees | 1.3           | 1.31.0        |
        | a zero in front            | 1.31.1        | 1.31.01       |
        | two zeros for one          | 1.31.0        | 1.31.00       |
        | later only as text         | 1.10.0        | 1.9.0         |
        | capitals for small letters | 1.31.0-rc.1   | 1.31.0-RC.1   |

    Scenario Outline: Another pack in the same version, <difference>
      Given a local cluster that runs "<local>" in place of "Calico"
      And a pending pairing request
      And fitting profiles are selected, but with "<offered>" in place of "<name>"
      When the administrator matches them with the request
      Then they do not match
      And Palette refuses to pair the cluster with them

      Examples:
        | difference                 | local                    | name              | offered                  |
        | of another name            | Calico 3.25.1            | Calico            | Cilium 3.25.1            |
        | its name in small letters  | Calico 3.25.1            | Calico            | calico 3.25.1            |
        | its name in capitals       | calico 3.25.1            | calico            | CALICO 3.25.1            |
        | the name goes on           | Calico 3.25.1            | Calico            | Calico-Enterprise 3.25.1 |
        | the name ends earlier      | Calico-Enterprise 3.25.1 | Calico-Enterprise | Calico 3.25.1            |
        | a blank in place of a dash | Calico-Enterprise 3.25.1 | Calico-Enterprise | Calico Enterprise 3.25.1 |

    Scenario Outline: A pack too many in the layer <layer>
      Given a pending pairing request
      And fitting profiles are selected, and "<pack> (<layer>)" besides
      When the administrator matches them with the request
      Then they do not match
      And Palette refuses to pair the cluster with them

      Examples:
        | layer  | pack                 |
        | kernel | Linux-RT 6.6.1       |
        | os     | SLES 15.5            |
        | k8s    | RKE2 1.31.0          |
        | cni    | Cilium 1.15.0        |
        | csi    | Longhorn 1.7.0       |
        | addon  | Hello-Universe 2.0.0 |

    Scenario Outline: A pack too many in a full profile, in the layer <layer>
      Given these cluster profiles:
        | Local cluster profile     |
        | Full profile              |
        | Amazon EBS CSI 1.20.0     |
        | Calico 3.25.1             |
        | PXK-E 1.31.0              |
        | Ubuntu 22.04              |
        | Prometheus-Grafana 44.3.1 |
      And a pending pairing request of the cluster in the table
      And fitting profiles are selected, and "<pack> (<layer>)" besides
      When the administrator matches them with the request
      Then they do not match
      And Palette refuses to pair the cluster with them

      Examples:
        | layer | pack                 |
        | csi   | Longhorn 1.7.0       |
        | addon | Hello-Universe 2.0.0 |

    Scenario Outline: A pack too many after <count> in the add-on profile
      Given a local cluster that runs <count> packs in its add-on profile
      And a pending pairing request
      And fitting profiles are selected, and "Hello-Universe 2.0.0" besides
      When the administrator matches them with the request
      Then they do not match
      And Palette refuses to pair the cluster with them

      Examples:
        | count |
        | 16    |
        | 20    |
        | 33    |

    Scenario: An add-on profile of 33 packs, each with its equal
      Given a local cluster that runs 33 packs in its add-on profile
      And a pending pairing request
      And fitting profiles are selected
      When the administrator matches them with the request
      Then they match
      And the cluster can be paired with them

    Scenario: An add-on profile for a cluster that has none
      Given a local cluster that runs no "Prometheus-Grafana"
      And a pending pairing request
      And fitting profiles are selected, and "Prometheus-Grafana 44.3.1" besides
      When the administrator matches them with the request
      Then they do not match
      And Palette refuses to pair the cluster with them

    Scenario Outline: Of two profiles of one name, the one of <fitting> fits, and that of <selected> is selected
      Given a pending pairing request
      And add-on profiles of one name, of which the one of <fitting> fits and that of <selected> is selected
      When the administrator matches them with the request
      Then <result>

      Examples:
        | fitting     | selected    | result                                        |
        | the project | the project | the cluster can be paired with them           |
        | the project | the tenant  | Palette refuses to pair the cluster with them |
        | the tenant  | the project | Palette refuses to pair the cluster with them |

    Scenario: Infra profile alone, for a cluster that runs nothing else
      Given a local cluster that runs no "Prometheus-Grafana"
      And a pending pairing request
      And fitting profiles are selected
      When the administrator matches them with the request
      Then they match
      And the cluster can be paired with them

    Scenario Outline: The right version stands beside a wrong one, which comes <place>
      Given a pending pairing request
      And these cluster profiles:
        | Local cluster profile     | last                      | first                     |
        | Infra profile             | Infra profile             | Infra profile             |
        | Amazon EBS CSI 1.20.0     | Amazon EBS CSI 1.20.0     | Amazon EBS CSI 1.20.0     |
        | Calico 3.25.1             | Calico 3.25.1             | Calico 3.25.1             |
        | PXK-E 1.31.0              | PXK-E 1.31.0              | PXK-E 1.31.0              |
        | Ubuntu 22.04              | Ubuntu 22.04              | Ubuntu 22.04              |
        | Add-on profile            | Add-on profile            | Add-on profile            |
        | Prometheus-Grafana 44.3.1 | Prometheus-Grafana 44.3.1 | Prometheus-Grafana 40.3.1 |
        |                           | Add-on profile            | Add-on profile            |
        |                           | Prometheus-Grafana 40.3.1 | Prometheus-Grafana 44.3.1 |
      And the profiles of "<place>" are selected
      When the administrator matches them with the request
      Then they do not match
      And Palette refuses to pair the cluster with them

      Examples:
        | place |
        | last  |
        | first |

    Scenario Outline: A further profile that does not belong there, <further>
      Given a pending pairing request
      And these cluster profiles:
        | Local cluster profile     | an infra with a pack more | a full with a pack more   | an add-on with a pack more | a system with a pack more | a system with another version | a system with a pack less |
        | Infra profile             | Infra profile             | Infra profile             | Infra profile              | Infra profile             | Infra profile                 | Infra profile             |
        | Amazon EBS CSI 1.20.0     | Amazon EBS CSI 1.20.0     | Amazon EBS CSI 1.20.0     | Amazon EBS CSI 1.20.0      | Amazon EBS CSI 1.20.0     | Amazon EBS CSI 1.20.0         | Amazon EBS CSI 1.20.0     |
        | Calico 3.25.1             | Calico 3.25.1             | Calico 3.25.1             | Calico 3.25.1              | Calico 3.25.1             | Calico 3.25.1                 | PXK-E 1.31.0              |
        | PXK-E 1.31.0              | PXK-E 1.31.0              | PXK-E 1.31.0              | PXK-E 1.31.0               | PXK-E 1.31.0              | PXK-E 1.31.0                  | Ubuntu 22.04              |
        | Ubuntu 22.04              | Ubuntu 22.04              | Ubuntu 22.04              | Ubuntu 22.04               | Ubuntu 22.04              | Ubuntu 22.04                  | System profile            |
        | Add-on profile            | Add-on profile            | Add-on profile            | Add-on profile             | Add-on profile            | System profile                | Prometheus-Grafana 44.3.1 |
        | Prometheus-Grafana 44.3.1 | Prometheus-Grafana 44.3.1 | Prometheus-Grafana 44.3.1 | Prometheus-Grafana 44.3.1  | Prometheus-Grafana 44.3.1 | Prometheus-Grafana 44.3.2     |                           |
        |                           | Infra profile             | Full profile              | Add-on profile             | System profile            |                               |                           |
        |                           | Longhorn 1.7.0 (csi)      | Longhorn 1.7.0 (csi)      | Hello-Universe 2.0.0       | Hello-Universe 2.0.0      |                               |                           |
        |                           | Cilium 1.15.0 (cni)       | Cilium 1.15.0 (cni)       |                            |                           |                               |                           |
        |                           | RKE2 1.31.0 (k8s)         | RKE2 1.31.0 (k8s)         |                            |                           |                               |                           |
        |                           | SLES 15.5 (os)            | SLES 15.5 (os)            |                            |                           |                               |                           |
      And the profiles of "<further>" are selected
      When the administrator matches them with the request
      Then they do not match
      And Palette refuses to pair the cluster with them

      Examples:
        | further                       |
        | an infra with a pack more     |
        | a full with a pack more       |
        | an add-on with a pack more    |
        | a system with a pack more     |
        | a system with another version |
        | a system with a pack less     |

    Scenario: Two packs have each other's version
      Given a local cluster that runs "Calico" in the version "1.31.0"
      And a pending pairing request
      And these cluster profiles:
        | Local cluster profile     | swapped                   |
        | Infra profile             | Infra profile             |
        | Amazon EBS CSI 1.20.0     | Amazon EBS CSI 1.31.0     |
        | Calico 1.31.0             | Calico 1.20.0             |
        | PXK-E 1.31.0              | PXK-E 1.31.0              |
        | Ubuntu 22.04              | Ubuntu 22.04              |
        | Add-on profile            | Add-on profile            |
        | Prometheus-Grafana 44.3.1 | Prometheus-Grafana 44.3.1 |
      And the profiles of "swapped" are selected
      When the administrator matches them with the request
      Then they do not match
      And Palette refuses to pair the cluster with them

    Scenario: Nothing is selected
      Given a pending pairing request
      And no profile is selected
      When the administrator matches them with the request
      Then they do not match
      And Palette refuses to pair the cluster with them

    Scenario: A profile that does not exist is selected beside fitting ones
      Given a pending pairing request
      And fitting profiles are selected, and one that does not exist
      When the administrator matches them with the request
      Then they do not match
      And Palette refuses to pair the cluster with them

    Scenario: What fits another cluster does not fit this one
      Given the cluster "south" that runs "Calico" in the version "3.26.0"
      And a pending pairing request of "north"
      And a pending pairing request of "south"
      And profiles that fit "south" are selected
      When the administrator matches them with the request of "north"
      Then they do not match
      And Palette refuses to pair "north" with them
      And "south" can be paired with them

    Scenario: What fitted the stack of an earlier request does not fit the one that has changed
      Given a pairing request that was sent, cancelled, and is gone in Palette
      And profiles that match what the cluster runs now
      When the operator asks for the "change of the profiles"
      And that has succeeded
      And the operator sends a pairing request again
      Then Palette refuses to pair the cluster with them

    Scenario: What fits the stack that has changed is a match, whatever an earlier request brought
      Given a pairing request that was sent, cancelled, and is gone in Palette
      And profiles that match what the cluster runs after a change
      When the operator asks for the "change of the profiles"
      And that has succeeded
      And the operator sends a pairing request until one is taken
      Then the cluster can be paired with them

  @ACC-8 @central @core
  Rule: How the packs are spread over profiles does not matter

    Scenario Outline: The same packs, divided in another way: <division>
      Given these cluster profiles:
        | Local cluster profile     | as locally                | all in one full profile   | a profile for each add-on | all add-ons in one        | a full profile and an add-on | the other way round       |
        | Infra profile             | Infra profile             | Full profile              | Infra profile             | Infra profile             | Full profile                 | Add-on profile            |
        | Amazon EBS CSI 1.20.0     | Amazon EBS CSI 1.20.0     | Amazon EBS CSI 1.20.0     | Amazon EBS CSI 1.20.0     | Amazon EBS CSI 1.20.0     | Ubuntu 22.04                 | Argo-CD 7.1.0             |
        | Calico 3.25.1             | Calico 3.25.1             | Calico 3.25.1             | Calico 3.25.1             | Calico 3.25.1             | PXK-E 1.31.0                 | Add-on profile            |
        | PXK-E 1.31.0              | PXK-E 1.31.0              | PXK-E 1.31.0              | PXK-E 1.31.0              | PXK-E 1.31.0              | Calico 3.25.1                | Hello-Universe 2.0.0      |
        | Ubuntu 22.04              | Ubuntu 22.04              | Ubuntu 22.04              | Ubuntu 22.04              | Ubuntu 22.04              | Amazon EBS CSI 1.20.0        | Prometheus-Grafana 44.3.1 |
        | Add-on profile            | Add-on profile            | Prometheus-Grafana 44.3.1 | Add-on profile            | Add-on profile            | Argo-CD 7.1.0                | Infra profile             |
        | Prometheus-Grafana 44.3.1 | Prometheus-Grafana 44.3.1 | Hello-Universe 2.0.0      | Prometheus-Grafana 44.3.1 | Argo-CD 7.1.0             | Add-on profile               | Ubuntu 22.04              |
        | Hello-Universe 2.0.0      | Hello-Universe 2.0.0      | Argo-CD 7.1.0             | Add-on profile            | Prometheus-Grafana 44.3.1 | Hello-Universe 2.0.0         | PXK-E 1.31.0              |
        | Add-on profile            | Add-on profile            |                           | Hello-Universe 2.0.0      | Hello-Universe 2.0.0      | Prometheus-Grafana 44.3.1    | Calico 3.25.1             |
        | Argo-CD 7.1.0             | Argo-CD 7.1.0             |                           | Add-on profile            |                           |                              | Amazon EBS CSI 1.20.0     |
        |                           |                           |                           | Argo-CD 7.1.0             |                           |                              |                           |
      And a pending pairing request of the cluster in the table
      And the profiles of "<division>" are selected
      When the administrator matches them with the request
      Then they match
      And the cluster can be paired with them

      Examples:
        | division                     |
        | as locally                   |
        | all in one full profile      |
        | a profile for each add-on    |
        | all add-ons in one           |
        | a full profile and an add-on |
        | the other way round          |

    Scenario Outline: A local full profile meets <division>
      Given these cluster profiles:
        | Local cluster profile     | an infra and an add-on profile | three add-on profiles     |
        | Full profile              | Infra profile                  | Infra profile             |
        | Amazon EBS CSI 1.20.0     | Amazon EBS CSI 1.20.0          | Amazon EBS CSI 1.20.0     |
        | Calico 3.25.1             | Calico 3.25.1                  | Calico 3.25.1             |
        | PXK-E 1.31.0              | PXK-E 1.31.0                   | PXK-E 1.31.0              |
        | Ubuntu 22.04              | Ubuntu 22.04                   | Ubuntu 22.04              |
        | Prometheus-Grafana 44.3.1 | Add-on profile                 | Add-on profile            |
        | Hello-Universe 2.0.0      | Prometheus-Grafana 44.3.1      | Prometheus-Grafana 44.3.1 |
        | Argo-CD 7.1.0             | Hello-Universe 2.0.0           | Add-on profile            |
        |                           | Argo-CD 7.1.0                  | Hello-Universe 2.0.0      |
        |                           |                                | Add-on profile            |
        |                           |                                | Argo-CD 7.1.0             |
      And a pending pairing request of the cluster in the table
      And the profiles of "<division>" are selected
      When the administrator matches them with the request
      Then they match
      And the cluster can be paired with them

      Examples:
        | division                       |
        | an infra and an add-on profile |
        | three add-on profiles          |

  @ACC-10 @central @core
  Rule: A missing layer is no match

    Scenario Outline: The layer <layer> is missing
      Given a pending pairing request
      And fitting profiles are selected, but without "<pack>"
      When the administrator matches them with the request
      Then they do not match
      And Palette refuses to pair the cluster with them

      Examples:
        | layer | pack               |
        | os    | Ubuntu             |
        | k8s   | PXK-E              |
        | cni   | Calico             |
        | csi   | Amazon EBS CSI     |
        | addon | Prometheus-Grafana |

    Scenario Outline: The layer <layer> is missing in a full profile
      Given these cluster profiles:
        | Local cluster profile     |
        | Full profile              |
        | Amazon EBS CSI 1.20.0     |
        | Calico 3.25.1             |
        | PXK-E 1.31.0              |
        | Ubuntu 22.04              |
        | Prometheus-Grafana 44.3.1 |
      And a pending pairing request of the cluster in the table
      And fitting profiles are selected, but without "<pack>"
      When the administrator matches them with the request
      Then they do not match
      And Palette refuses to pair the cluster with them

      Examples:
        | layer | pack               |
        | os    | Ubuntu             |
        | k8s   | PXK-E              |
        | cni   | Calico             |
        | csi   | Amazon EBS CSI     |
        | addon | Prometheus-Grafana |

    Scenario Outline: One of three add-ons is missing, <pack>
      Given these cluster profiles:
        | Local cluster profile     |
        | Infra profile             |
        | Amazon EBS CSI 1.20.0     |
        | Calico 3.25.1             |
        | PXK-E 1.31.0              |
        | Ubuntu 22.04              |
        | Add-on profile            |
        | Prometheus-Grafana 44.3.1 |
        | Hello-Universe 2.0.0      |
        | Add-on profile            |
        | Argo-CD 7.1.0             |
      And a pending pairing request of the cluster in the table
      And fitting profiles are selected, but without "<pack>"
      When the administrator matches them with the request
      Then they do not match
      And Palette refuses to pair the cluster with them

      Examples:
        | pack               |
        | Prometheus-Grafana |
        | Hello-Universe     |
        | Argo-CD            |

    Scenario: What is missing is not taken from the acceptance before
      Given a pending pairing request
      And a pending pairing request of another cluster
      And an administrator who is logged in
      And this person has paired "another cluster" with the name "(kept)", the description "(kept)" and the tags "(kept)"
      And fitting profiles are selected, but without "Prometheus-Grafana"
      When this person tries to "accept"
      Then it is refused
      And the request goes on waiting in Palette
      And the cluster can still be paired with fitting profiles

  @PRE-7 @central @core
  Rule: Only the latest version of a cluster profile counts

    Scenario Outline: The later of the versions <versions> fits, made <made>
      Given a pending pairing request
      And the <profile> profile is to have <versions>, made <made>, with <draft>
      And fitting profiles are selected: of that one the later does, the other has another version of a pack
      And "<asked>" of it is asked for
      And "<after>" has come in between
      When the administrator matches them with the request
      Then they match
      And the cluster can be paired with them

      Examples:
        | asked              | profile | versions                 | made                          | draft                        | after     |
        | the profile itself | add-on  | 1.9.0 < 1.10.0           | in order                      | no draft                     | a look    |
        | the profile itself | add-on  | 1.9.0 < 1.10.0           | in reverse                    | no draft                     | a look    |
        | the profile itself | add-on  | 1.9.0 < 1.10.0           | the later one after a pairing | an older draft that does not | a look    |
        | the profile itself | add-on  | 9.999.1001 < 10.0.0      | in reverse                    | no draft                     | a look    |
        | the profile itself | add-on  | 9.999.1001 < 10.0.0      | the later one meanwhile       | an older draft that fits     | a look    |
        | the profile itself | add-on  | 1.1.0-rc.9 < 1.1.0-rc.10 | in order                      | an older draft that does not | a restart |
        | the profile itself | infra   | 1.0.0 < 1.0.1            | in order                      | an older draft that does not | a restart |
        | the profile itself | infra   | 1.0.0 < 1.0.1            | the later one after a pairing | no draft                     | a look    |
        | the profile itself | infra   | 9.999.1001 < 10.0.0      | the later one after a pairing | an older draft that does not | a look    |
        | the profile itself | infra   | 1.1.0-rc.2 < 1.1.0       | in reverse                    | an older draft that fits     | a restart |
        | the profile itself | full    | 1.0.0 < 1.0.1            | the later one meanwhile       | an older draft that fits     | a look    |
        | the profile itself | full    | 1.1.0-rc.9 < 1.1.0-rc.10 | in reverse                    | no draft                     | a look    |
        | the later version  | add-on  | 1.0.0 < 1.0.1            | in reverse                    | an older draft that does not | a look    |
        | the later version  | add-on  | 1.1.0-rc.2 < 1.1.0       | in order                      | no draft                     | a look    |
        | the later version  | infra   | 1.9.0 < 1.10.0           | the later one meanwhile       | no draft                     | a restart |
        | the later version  | infra   | 1.1.0-rc.9 < 1.1.0-rc.10 | the later one meanwhile       | an older draft that fits     | a look    |
        | the later version  | full    | 1.9.0 < 1.10.0           | the later one after a pairing | an older draft that fits     | a look    |
        | the later version  | full    | 9.999.1001 < 10.0.0      | in order                      | an older draft that fits     | a restart |
        | the later version  | full    | 1.1.0-rc.2 < 1.1.0       | the later one meanwhile       | an older draft that does not | a restart |

    Scenario Outline: The earlier of the versions <versions> fits, made <made>
      Given a pending pairing request
      And the <profile> profile is to have <versions>, made <made>, with <draft>
      And fitting profiles are selected: of that one the earlier does, the other has <unlike>
      And "<asked>" of it is asked for
      And "<after>" has come in between
      When the administrator matches them with the request
      Then they do not match
      And Palette refuses to pair the cluster with them

      Examples:
        | asked               | unlike                    | profile | versions            | made                          | draft                        | after     |
        | the profile itself  | another version of a pack | add-on  | 9.999.1001 < 10.0.0 | in order                      | an older draft that fits     | a restart |
        | the profile itself  | another version of a pack | infra   | 1.0.0 < 1.0.1       | in reverse                    | no draft                     | a look    |
        | the profile itself  | another version of a pack | infra   | 1.9.0 < 1.10.0      | the later one after a pairing | an older draft that fits     | a look    |
        | the profile itself  | another version of a pack | infra   | 9.999.1001 < 10.0.0 | the later one meanwhile       | an older draft that does not | a look    |
        | the profile itself  | another version of a pack | full    | 1.0.0 < 1.0.1       | in reverse                    | no draft                     | a look    |
        | the profile itself  | another version of a pack | full    | 1.1.0-rc.2 < 1.1.0  | in order                      | an older draft that does not | a look    |
        | the profile itself  | a pack more               | add-on  | 1.0.0 < 1.0.1       | in reverse                    | no draft                     | a look    |
        | the later version   | another version of a pack | add-on  | 9.999.1001 < 10.0.0 | in reverse                    | an older draft that does not | a restart |
        | the later version   | another version of a pack | full    | 1.0.0 < 1.0.1       | in order                      | an older draft that fits     | a restart |
        | the later version   | another version of a pack | full    | 1.9.0 < 1.10.0      | the later one meanwhile       | no draft                     | a look    |
        | the later version   | another version of a pack | full    | 9.999.1001 < 10.0.0 | the later one after a pairing | no draft                     | a look    |
        | the later version   | a pack more               | infra   | 1.1.0-rc.2 < 1.1.0  | the later one meanwhile       | no draft                     | a restart |
        | the earlier version | another version of a pack | add-on  | 1.0.0 < 1.0.1       | the later one meanwhile       | an older draft that fits     | a look    |
        | the earlier version | another version of a pack | add-on  | 1.9.0 < 1.10.0      | in reverse                    | an older draft that fits     | a restart |
        | the earlier version | a pack more               | add-on  | 1.0.0 < 1.0.1       | the later one after a pairing | an older draft that does not | a look    |
        | the earlier version | a pack more               | add-on  | 1.1.0-rc.2 < 1.1.0  | in reverse                    | an older draft that fits     | a look    |
        | the earlier version | a pack more               | infra   | 1.9.0 < 1.10.0      | in order                      | an older draft that does not | a look    |
        | the earlier version | a pack more               | full    | 9.999.1001 < 10.0.0 | in order                      | no draft                     | a look    |

    Scenario: The latest of a dozen versions fits
      Given a pending pairing request
      And fitting profiles are selected, with these versions of the add-on profile:
        | version | packs                     | state     |
        | 1.0.0   | Prometheus-Grafana 40.3.1 | published |
        | 1.1.0   | Prometheus-Grafana 40.3.1 | published |
        | 1.2.0   | Prometheus-Grafana 40.3.1 | published |
        | 1.3.0   | Prometheus-Grafana 40.3.1 | published |
        | 1.4.0   | Prometheus-Grafana 40.3.1 | published |
        | 1.5.0   | Prometheus-Grafana 40.3.1 | published |
        | 1.6.0   | Prometheus-Grafana 40.3.1 | published |
        | 1.7.0   | Prometheus-Grafana 40.3.1 | published |
        | 1.8.0   | Prometheus-Grafana 40.3.1 | published |
        | 1.9.0   | Prometheus-Grafana 40.3.1 | published |
        | 1.10.0  | Prometheus-Grafana 40.3.1 | published |
        | 1.11.0  | Prometheus-Grafana 44.3.1 | published |
      When the administrator matches them with the request
      Then they match
      And the cluster can be paired with them

    Scenario: An earlier version fits, and the latest has no pack any more
      Given a pending pairing request
      And fitting profiles are selected, with these versions of the add-on profile:
        | version | packs                     | state     |
        | 1.0.0   | Prometheus-Grafana 44.3.1 | published |
        | 1.1.0   | (none)                    | published |
      When the administrator matches them with the request
      Then they do not match
      And Palette refuses to pair the cluster with them

    Scenario: A match of a moment ago does not stand in for the latest version
      Given a pending pairing request
      And fitting profiles are selected
      And the administrator has matched them with the request
      When version "1.1.0" of the add-on profile is published, with "Prometheus-Grafana 45.0.0"
      Then Palette refuses to pair the cluster with them

    Scenario: A draft that is published meanwhile undoes a match
      Given a pending pairing request
      And fitting profiles are selected, with these versions of the add-on profile:
        | version | packs                     | state     |
        | 1.0.0   | Prometheus-Grafana 44.3.1 | published |
        | 1.1.0   | Prometheus-Grafana 45.0.0 | draft     |
      And the administrator has matched them with the request
      When the drafts of the add-on profile are published
      Then Palette refuses to pair the cluster with them

    Scenario: A version that is published meanwhile can make a match
      Given a pending pairing request
      And fitting profiles are selected, with these versions of the add-on profile:
        | version | packs                     | state     |
        | 1.0.0   | Prometheus-Grafana 40.3.1 | published |
      And an acceptance with them was refused
      When version "1.1.0" of the add-on profile is published, with "Prometheus-Grafana 44.3.1"
      And the administrator matches them with the request
      Then they match
      And the cluster can be paired with them

  @ACC-16 @central @extended @unspecified
  Rule: Matches on which the document is silent are observed

    Scenario Outline: The same pack in another layer, <layer>
      Given a pending pairing request
      And fitting profiles are selected, but with "<pack>" in the layer "<layer>"
      When the administrator matches them with the request
      And pairs the cluster with them
      Then what the target does is observed: "a profile has <pack> in the layer <layer>, where the local cluster has it in another"

      Examples:
        | pack               | layer  |
        | Prometheus-Grafana | csi    |
        | Calico             | addon  |
        | Ubuntu             | kernel |

    Scenario: The same pack from another registry
      Given a pending pairing request
      And fitting profiles are selected, but with "Prometheus-Grafana" from the registry "mirror"
      When the administrator matches them with the request
      And pairs the cluster with them
      Then what the target does is observed: "a pack comes from another registry than the local cluster's"

    Scenario: The same pack twice, from two profiles
      Given a pending pairing request
      And fitting profiles are selected, the add-on profile in two copies
      When the administrator matches them with the request
      And pairs the cluster with them
      Then what the target does is observed: "two profiles bring the same pack in the same version"

    Scenario: The same profile selected twice
      Given a pending pairing request
      And fitting profiles are selected, the add-on profile twice
      When the administrator matches them with the request
      And pairs the cluster with them
      Then what the target does is observed: "one profile is selected twice"

    Scenario: A pack of the local cluster comes in a system profile
      Given a pending pairing request
      And these cluster profiles:
        | Local cluster profile     | an infra and a system     |
        | Infra profile             | Infra profile             |
        | Amazon EBS CSI 1.20.0     | Amazon EBS CSI 1.20.0     |
        | Calico 3.25.1             | Calico 3.25.1             |
        | PXK-E 1.31.0              | PXK-E 1.31.0              |
        | Ubuntu 22.04              | Ubuntu 22.04              |
        | Add-on profile            | System profile            |
        | Prometheus-Grafana 44.3.1 | Prometheus-Grafana 44.3.1 |
      And the profiles of "an infra and a system" are selected
      When the administrator matches them with the request
      And pairs the cluster with them
      Then what the target does is observed: "a system profile brings a pack that the local cluster has in an add-on"

    Scenario Outline: A draft that is newer than the latest published version, <which fits>
      Given a pending pairing request
      And fitting profiles are selected, with these versions of the add-on profile:
        | version | packs                    | state     |
        | 1.0.0   | <packs of the published> | published |
        | 1.1.0   | <packs of the draft>     | draft     |
      When the administrator matches them with the request
      And pairs the cluster with them
      Then what the target does is observed: "beside the latest published version of a profile stands a newer draft; <which fits>"

      Examples:
        | which fits             | packs of the published    | packs of the draft        |
        | the published one fits | Prometheus-Grafana 44.3.1 | Prometheus-Grafana 45.0.0 |
        | the draft fits         | Prometheus-Grafana 40.3.1 | Prometheus-Grafana 44.3.1 |
        | both fit               | Prometheus-Grafana 44.3.1 | Prometheus-Grafana 44.3.1 |

    Scenario: A profile of which only a draft exists
      Given a pending pairing request
      And fitting profiles are selected, with these versions of the add-on profile:
        | version | packs                     | state |
        | 1.0.0   | Prometheus-Grafana 44.3.1 | draft |
      When the administrator matches them with the request
      And pairs the cluster with them
      Then what the target does is observed: "the only version of a profile is a draft, and it fits"

    Scenario Outline: Not just one infra or full profile: <selection>
      Given a pending pairing request
      And these cluster profiles:
        | Local cluster profile     | two infra profiles        | an infra and a full profile | two full profiles         | add-on profiles alone     |
        | Infra profile             | Infra profile             | Infra profile               | Full profile              | Add-on profile            |
        | Amazon EBS CSI 1.20.0     | Ubuntu 22.04              | Ubuntu 22.04                | Ubuntu 22.04              | Ubuntu 22.04              |
        | Calico 3.25.1             | PXK-E 1.31.0              | PXK-E 1.31.0                | PXK-E 1.31.0              | PXK-E 1.31.0              |
        | PXK-E 1.31.0              | Infra profile             | Full profile                | Full profile              | Calico 3.25.1             |
        | Ubuntu 22.04              | Calico 3.25.1             | Calico 3.25.1               | Calico 3.25.1             | Amazon EBS CSI 1.20.0     |
        | Add-on profile            | Amazon EBS CSI 1.20.0     | Amazon EBS CSI 1.20.0       | Amazon EBS CSI 1.20.0     | Add-on profile            |
        | Prometheus-Grafana 44.3.1 | Add-on profile            | Prometheus-Grafana 44.3.1   | Prometheus-Grafana 44.3.1 | Prometheus-Grafana 44.3.1 |
        |                           | Prometheus-Grafana 44.3.1 |                             |                           |                           |
      And the profiles of "<selection>" are selected
      When the administrator matches them with the request
      And pairs the cluster with them
      Then what the target does is observed: "the packs of the local cluster come together from <selection>"

      Examples:
        | selection                   |
        | two infra profiles          |
        | an infra and a full profile |
        | two full profiles           |
        | add-on profiles alone       |
