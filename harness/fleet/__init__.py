"""A fleet of edge hosts in virtual time, with people, a network, faults and a central plane."""
