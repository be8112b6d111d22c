"""An index whose searching is done by Milvus, for more findings than one machine holds.

What is searched lies in Milvus: for each generation one collection of findings and one of sentences, each with vectors
and the fields that filters look at, findings with their words too. What is shown (texts, citations, documents) stays in
the generation's SQLite file, which every machine that serves has a copy of; the FAISS files are not needed there.

    server      a connection and its collections; errors of Milvus become the product's own here and nowhere else
    layout      what the collections are called and hold, and filters as Milvus takes them
    vectors     the port for vectors over a collection
    words       the words of a query, looked up in the collection of findings
    retrieval   the candidates of a query, the same as from an embedded index; opening
    upload      a generation into its collections

An alias names the generation in use: it is moved when all of a new generation is in Milvus, and services follow it.
"""
