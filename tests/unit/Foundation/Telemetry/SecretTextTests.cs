using Portal.Functions.Foundation.Telemetry;

namespace Portal.Tests.Unit.Foundation.Telemetry;

/// <summary>What leaves as telemetry loses what opens something or names somebody, and keeps the ids that on-call looks for.</summary>
public sealed class SecretTextTests
{
    [Theory]
    [InlineData("GET /api/share/c2VjcmV0LXRva2Vu/comments?limit=5", "GET /api/share/{hidden}/comments?limit=5")]
    [InlineData("see http://portal.example/s/c2VjcmV0LXRva2Vu", "see http://portal.example/s/{hidden}")]
    [InlineData("/api/mail/unsubscribe/abc and /api/erasures/by-code/def", "/api/mail/unsubscribe/{hidden} and /api/erasures/by-code/{hidden}")]
    [InlineData("token=eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "token={hidden}")]
    [InlineData("Authorization: Bearer abc.def", "Authorization: Bearer {hidden}")]
    [InlineData("Authorization: Basic bXV4OnNlY3JldA==", "Authorization: Basic {hidden}")]
    [InlineData("key sk_test_0123456789, whsec_MfKQ9r8GKYqrTwjU, re_123456789", "key {hidden}, {hidden}, {hidden}")]
    [InlineData("vercel_blob_rw_store_0123456789", "{hidden}")]
    [InlineData("mail to Eve.O'Hara+x@guests.example bounced", "mail to {hidden} bounced")]
    public void It_is_hidden(string text, string left)
    {
        Assert.Equal(left, SecretText.Hide(text));
        Assert.True(SecretText.IsIn(text));
    }

    [Theory]
    [InlineData("GET /api/share/{token}/comments")]
    [InlineData("GET /s/assets/hls.js")]
    [InlineData("/api/share-links/0199a0f2-7d5c-7c6f-8a51-1f1d1c6a2b11/revoke")]
    [InlineData("upload 0199a0f2-7d5c-7c6f-8a51-1f1d1c6a2b11 of asset 8ZqK1vBv01YQmQfXx of user_2abcDEF")]
    [InlineData("insert into portal.users (email) values (@email)")]
    [InlineData("re_try, resk_test, 3 @ 5")]
    public void It_stays(string text)
    {
        Assert.Same(text, SecretText.Hide(text));
        Assert.False(SecretText.IsIn(text));
    }
}
