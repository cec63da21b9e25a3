namespace Portal.Compliance.Playback;

/// <summary>What stands in each file of evidence for whoever opens it.</summary>
internal static class EvidenceReadme
{
    public const string Text = """
        Playback evidence
        =================

        evidence.json   who was given playback of a video through one share link, when, until when, and how it was revoked
        signature.json  the signature over the exact bytes of evidence.json
        README.txt      this text; it is not signed

        WHAT IT PROVES. A token is a URL for playing or downloading, minted by the portal for one viewer and good until it expires or
        Mux deletes the playback id that it is for. A token shows that playback was given, not that anybody looked. A viewer is a browser
        with the link's cookie: a person only where userId names one.

        HOW TO CHECK IT
          dotnet run --project infra/local -- evidence verify <this zip> --key <key id>=<public key, PEM>
        needs neither database nor portal. Take the public key from elsewhere than this file. With openssl:
          base64 -d <<< "<signature of signature.json>" > evidence.sig
          openssl dgst -sha256 -verify a1.pub.pem -signature evidence.sig evidence.json
        Each token carries all values of its row of the playback audit; its hash is SHA-256 over them, as audit exports write it:
          ["playback", id, tenantId, assetVersionId, shareLinkId, viewerId, null, ipHash, agentFamily, requestId, mintedAt, tokenExpiresAt]
        A row that was DELETED is in no evidence: an export of the audit log of that time (GET /api/audit/export), checked with
        "audit verify", shows it as missing from its seal, and holds every other row with its id and hash. "minted" of a viewer, counted
        apart from the rows, is another sign. That this file was made is itself in the audit log (playback_evidence_made), with the
        SHA-256 of evidence.json.

        FIELDS OF evidence.json. Times are UTC, to the microsecond.
          type, format        playback_evidence, 1
          tenantId            whose portal it is
          madeAt, madeById    when and by whom (user id) this file was made
          from, to            only tokens minted from "from" on and before "to" are listed; null: no such end
          link                the share link as it is now: its id, projectId and label; createdById and createdByName made it at
                              createdAt; status is active, expired or revoked; it ends at expiresAt; assetVersionId null plays the newest
                              version; allowDownload, requireSignIn, hasPassphrase and maxOpens are its settings; opens counts viewers;
                              addressedTo are the addresses it was for, without those that were erased or forgotten since
          asset               the video: its id and title
          versions            those that the tokens are for: id, number, fileName, and how many tokens
          revocation          null: never revoked
            revokedAt         from then on nothing is minted; revokedById and revokedByName asked for it
            hardRevokedAt     when it was asked to end the tokens that were out, too; null: it was not
            atMux             not_asked; nothing_to_end (no token could still play); waiting; refused (Mux did not do all of it: tokens end
                              with their expiry); effective
            effectiveAt       when Mux had confirmed that the last playback id is deleted
            latencySeconds    from hardRevokedAt until then
            removals          each playback id that Mux was to delete: of which version (assetVersionId), askedAt, confirmedAt, outcome
                              (done; refused: Mux never will; null: not yet), and latencySeconds from hardRevokedAt until confirmedAt
          lastTokenExpiresAt  of all tokens of the link, listed or not: after it none plays, whatever Mux did
          tokensListed        how many tokens follow: at most 10000, the oldest
          tokensLeftOut       how many more there are of that time. Not 0: THE LIST IS NOT WHOLE. Ask again, from = mintedAt of the last
          viewers             who was given the tokens listed: userId and userName when they were signed in, guestName as they called
                              themselves in a comment (null: never, or erased), agentFamily the kind of browser, firstSeenAt, lastSeenAt,
                              minted: tokens they were ever given, tokens: those listed
          tokens              oldest first: id, assetVersionId, shareLinkId, viewerId
            ipHash            keyed hash of the network address: equal ones are one address, and nobody can compute it back
            agentFamily       the kind of browser
            requestId         of the request, in the app's log
            mintedAt, tokenExpiresAt
            hash              what was sealed of the row; not sealed yet: the hash that it was written with
            seal              the number of the seal that holds it; null: none yet
            state             sealed (the row is what was sealed); not_yet_sealed (seals are made every minute); never_sealed (archived
                              before there were seals over these rows); altered (THE ROW IS NOT WHAT WAS SEALED)

        """;
}
