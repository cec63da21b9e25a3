using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Options;
using Portal.Compliance.Consents;
using Portal.Foundation.Limits;
using Portal.Functions.Foundation.Contract;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Foundation.Http.Inputs;

namespace Portal.Functions.Compliance.Consents;

/// <summary>A part of the notice; its text is Markdown.</summary>
/// <param name="Jurisdiction">au: of the notice for everybody; else what is different there.</param>
public sealed record NoticeSectionJson(string Id, [OneOf(typeof(Jurisdiction))] string Jurisdiction, string Title, string Text);

/// <summary>A purpose that needs consent, in the notice's words.</summary>
public sealed record NoticePurposeJson([OneOf(typeof(ConsentPurpose))] string Purpose, string Title, string Text);

/// <summary>The privacy notice.</summary>
/// <param name="EffectiveOn">The day from which it applies, which names the version.</param>
/// <param name="Contact">Whom to write to: an e-mail address or a page.</param>
/// <param name="Versions">All there are, newest first.</param>
public sealed record PrivacyNoticeJson(
    DateOnly Version, DateOnly EffectiveOn, [OneOf(typeof(Jurisdiction))] string Jurisdiction, string Title, string? Contact,
    IReadOnlyList<NoticeSectionJson> Sections, IReadOnlyList<NoticePurposeJson> Purposes, IReadOnlyList<DateOnly> Versions);

public sealed record ReadPrivacyNoticeInput
{
    [OneOf(typeof(Jurisdiction)), About("eu and us: the whole notice, with what is different there.")]
    public string Jurisdiction { get; init; } = Portal.Compliance.Consents.Jurisdiction.Australia;

    [About("Left out: the current one.", Example = "\"2026-12-01\"")]
    public DateOnly? Version { get; init; }
}

/// <summary>The same for everybody until a deployment brings another: anybody may read it and keep it.</summary>
public sealed class ReadPrivacyNoticeFunction(PrivacyNotices notices, IOptions<PrivacyOptions> options, TimeProvider clock)
{
    private const int TagBytes = 9;

    [Function("ReadPrivacyNotice")]
    [Allows(PortalAction.Anonymous)]
    [Operation("Read the privacy notice", Query = typeof(ReadPrivacyNoticeInput), Returns = typeof(PrivacyNoticeJson), IsTagged = true)]
    [Refuses(404, "not-found", "There is no such version.")]
    public IResult Run([HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = "api/privacy-notice")] HttpRequest request)
    {
        var (query, problem) = Input.ReadQuery<ReadPrivacyNoticeInput>(request, clock.GetUtcNow());
        if (query is null)
        {
            return problem!;
        }

        return notices.Find(query.Version ?? notices.Current, query.Jurisdiction) is { } notice
            ? Json(notice)
            : Problem.NotFound("version of the privacy notice");
    }

    private CachedBytes Json(PrivacyNotice n)
    {
        var json = new PrivacyNoticeJson(
            n.Version, n.Version, n.Jurisdiction, n.Title, options.Value.Contact is { Length: > 0 } contact ? contact : null,
            [.. n.Sections.Select(s => new NoticeSectionJson(s.Id, s.Jurisdiction, s.Title, s.Text))],
            [.. n.Purposes.Select(p => new NoticePurposeJson(p.Purpose, p.Title, p.Text))], notices.Versions);
        var bytes = JsonSerializer.SerializeToUtf8Bytes(json, AnswerJson.Options);
        var tag = Base64Url.EncodeToString(SHA256.HashData(bytes).AsSpan(0, TagBytes));
        return new(bytes, "application/json; charset=utf-8", $"\"0.{tag}\"");
    }
}

/// <summary>That this origin heeds Global Privacy Control, where its specification looks for it.</summary>
public sealed class ReadGpcSupportFunction
{
    private static readonly CachedBytes Support = new(
        Encoding.UTF8.GetBytes("""{"gpc":true,"lastUpdate":"2026-12-01"}"""), "application/json; charset=utf-8", "\"gpc.2026-12-01\"");

    [Function("ReadGpcSupport")]
    [Allows(PortalAction.Anonymous)]
    public IResult Run([HttpTrigger(AuthorizationLevel.Anonymous, "get", "head", Route = ".well-known/gpc.json")] HttpRequest request) =>
        Support;
}
