using Microsoft.AspNetCore.Http;
using Portal.Foundation;
using Portal.Functions.Foundation.Http;
using Portal.Operations.Orchestrations;

namespace Portal.Functions.Operations.Page;

/// <summary>The search: a form, its mistakes, a page of what was found.</summary>
internal static class SearchView
{
    private static readonly string[] Kept = ["status", "name", "createdFrom", "createdTo", "uploadJobId", "limit"];

    public static Html Page(
        IQueryCollection query, IReadOnlyList<OrchestrationLook>? found, IReadOnlyList<FieldError> errors, string? nextCursor,
        DateTimeOffset now, string formToken) =>
        OpsLayout.Page("Search", Html.Of($"""
            <h1>Search</h1>
            {Mistakes(errors)}
            <form method="get" action="/ops/search" class="search" role="search">
            {Field(query, "uploadJobId", "Upload job", "text", "its id")}
            <div class="field"><label for="status">Status</label><select id="status" name="status"><option value="">any</option>{Html.Join(RuntimeStatus.All.Select(s => Option(query, s)))}</select></div>
            {Field(query, "name", "Name", "text", "UploadPipeline")}
            {Field(query, "createdFrom", "Started after (UTC)", "text", Example(now.AddHours(-1)))}
            {Field(query, "createdTo", "Started before (UTC)", "text", Example(now))}
            <button class="primary">Search</button>
            </form>
            {(found is null ? Html.Empty : Found(query, found, nextCursor, now))}
            """), formToken, here: "/ops/search");

    private static Html Found(IQueryCollection query, IReadOnlyList<OrchestrationLook> found, string? nextCursor, DateTimeOffset now) =>
        Html.Of($"""
        <section aria-labelledby="found">
        <h2 id="found">Found <span class="total">{found.Count}{(nextCursor is null ? "" : "+")}</span></h2>
        {(found.Count == 0 ? Html.Of($"""<p class="about">{(nextCursor is null ? "Nothing." : "Nothing among those looked through; the search goes on.")}</p>""") : DashboardView.List(found, now))}
        {(nextCursor is null ? Html.Empty : Html.Of($"""<p><a class="button" href="{Next(query, nextCursor)}">Next page</a></p>"""))}
        </section>
        """);

    private static Html Mistakes(IReadOnlyList<FieldError> errors) => errors.Count == 0
        ? Html.Empty
        : Html.Of(
            $"""<ul class="notice bad" role="alert">{Html.Join(errors.Select(error => Html.Of($"<li>{error.Message}</li>")))}</ul>""");

    private static Html Field(IQueryCollection query, string name, string label, string type, string example) => Html.Of($"""
        <div class="field"><label for="{name}">{label}</label><input id="{name}" name="{name}" type="{type}" value="{query[name]}" placeholder="{example}" autocomplete="off" spellcheck="false"></div>
        """);

    private static Html Option(IQueryCollection query, string status) => status.Equals(query["status"], StringComparison.OrdinalIgnoreCase)
        ? Html.Of($"""<option value="{status}" selected>{status}</option>""")
        : Html.Of($"""<option value="{status}">{status}</option>""");

    private static string Next(IQueryCollection query, string cursor) =>
        "/ops/search?" + string.Join(
            '&', Kept.Where(query.ContainsKey).Select(
                name => $"{name}={Uri.EscapeDataString(query[name].ToString())}").Append($"cursor={cursor}"));

    private static string Example(DateTimeOffset time) =>
        time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm'Z'", System.Globalization.CultureInfo.InvariantCulture);
}
