"""From a file to a ranked answer: readers, findings, metadata, embedding, storage, search, evaluation."""

import os

# FAISS and torch each bring an OpenMP of their own, whose idle threads otherwise spin and take the cores from the
# other's: measured 530 ms for a query instead of 65 on two busy cores. Both read this once, when they are loaded, so it
# is set before anything here can load either. A setting of the user's own stays.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
