"""The link checker: every address of the catalogue, with a memory, so that only what is gone for good fails.

::

    addresses   what to check and where it stands         guard      connections to public addresses only
    verdicts    the one list of verdicts                  schedule   hosts, slots, pauses
    fetch       one address, hop by hop, with retries     content    what a page itself says
    github, arxiv   the interfaces of the two big hosts   check      a run: all of it together
    ledger      what earlier runs learnt                  fix        permanent redirects, spliced into catalog.yaml
    report      texts, tables, pictures                   command    the command line
"""
