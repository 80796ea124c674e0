"""No encoding. A decoder still learns something of order from its causal mask
(Haviv 2022, arXiv:2203.16634).
"""

from model.network.encodings import Encoding

ENCODING = Encoding("none", "none", r"p_i = 0, \qquad R_i = 1, \qquad b_{ij} = 0")
