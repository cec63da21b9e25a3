using Microsoft.AspNetCore.Http;
using Portal.Foundation.Faults;

namespace Portal.Functions.Foundation.Http;

/// <summary>The answer to what use cases come to.</summary>
internal static class RefusalAnswers
{
    /// <summary>A value as the reply made of it, a refusal as its problem.</summary>
    public static IResult Answer<T>(this Result<T> result, Func<T, IResult> reply)
        where T : class => result.Match(reply, refusal => refusal.Problem());

    public static Problem Problem(this Refusal refusal) => refusal switch
    {
        Refusal.NotFound n => Http.Problem.NotFound(n.What),
        Refusal.Archived => Http.Problem.Conflict("project-archived", "The project is archived and takes no changes."),
        Refusal.Stale s => IfMatch.Stale(s.Version),
        Refusal.IllegalMove m => Http.Problem.Conflict("illegal-move", $"The {m.What} is {m.Status} and cannot become {m.To}."),
        Refusal.Conflict c => Http.Problem.Conflict(c.Slug, c.Detail, c.RetryAfter),
        Refusal.Forbidden f => Http.Problem.Forbidden(f.Slug, f.Detail),
        Refusal.Unauthenticated u => new Problem(401, u.Slug, u.Title, u.Detail),
        Refusal.TooMany t => Http.Problem.TooMany(t.RetryAfter, t.Detail, t.Limit),
        Refusal.Unavailable u => new Problem(503, "unavailable", "Not available just now", u.Detail, retryAfter: u.RetryAfter),
        Refusal.FeatureOff f => Http.Problem.FeatureOff(f.Feature, f.RetryAfter, f.Detail),
        Refusal.InvalidField w => Http.Problem.Invalid([Error(w)]),
        Refusal.BatchRefused s => new Problem(409, s.Slug, "Not possible in the present state", s.Detail, [.. s.Each.Select(Error)]),
        _ => throw new InvalidOperationException($"A refusal without an answer: {refusal.GetType().Name}."),
    };

    private static FieldError Error(Refusal.InvalidField wrong) => new($"/{wrong.Field}", wrong.Rule, wrong.Detail);
}
