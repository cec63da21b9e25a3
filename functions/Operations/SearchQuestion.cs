using System.Globalization;
using Microsoft.AspNetCore.Http;
using Portal.Functions.Foundation.Http;
using Portal.Functions.Foundation.Http.Inputs;
using Portal.Operations.Orchestrations;

namespace Portal.Functions.Operations;

/// <summary>The question as the OpenAPI document shows it; <see cref="SearchQuestion"/> reads it, for the page's forms too.</summary>
public sealed record SearchInput : ListInput
{
    [Items(8), OneOf(typeof(RuntimeStatus)), About("Runtime statuses, separated by commas, whatever their case.")]
    public IReadOnlyList<string> Status { get; init; } = [];

    [Text(SearchQuestion.LongestName), About("The orchestrator's name, whatever its case.")]
    public string? Name { get; init; }

    public DateTimeOffset? CreatedFrom { get; init; }

    public DateTimeOffset? CreatedTo { get; init; }

    public Guid? UploadJobId { get; init; }
}

/// <summary>Reads a search for orchestrations from a query string, for the API and for the page alike.</summary>
public static class SearchQuestion
{
    internal const int LongestName = 100;

    /// <summary>The search, and every rule that the query breaks; an error's pointer is <c>?name</c>.</summary>
    public static (OrchestrationSearch Search, IReadOnlyList<FieldError> Errors) Read(IQueryCollection query, SearchCursors cursors)
    {
        var errors = new List<FieldError>();
        var search = new OrchestrationSearch(
            Statuses(query, errors), Name(query, errors), Time(
                query, "createdFrom", errors), Time(query, "createdTo", errors), Job(query, errors), Limit(query, errors), null);
        if (Given(query, "cursor") is { } cursor)
        {
            search = search with { Continuation = cursors.Read(cursor, search) };
            if (search.Continuation is null)
            {
                errors.Add(new("?cursor", "cursor", "cursor must be a nextCursor of this search, unchanged."));
            }
        }

        return (search, errors);
    }

    private static List<string> Statuses(IQueryCollection query, List<FieldError> errors)
    {
        var asked = query["status"].SelectMany(
            value => (value ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)).ToList();
        var known = asked.Select(
            name =>
                RuntimeStatus.All.FirstOrDefault(
                    status => status.Equals(name, StringComparison.OrdinalIgnoreCase))).OfType<string>().Distinct().ToList();
        if (known.Count < asked.Distinct(StringComparer.OrdinalIgnoreCase).Count())
        {
            errors.Add(new("?status", "one_of", $"status must be of: {string.Join(", ", RuntimeStatus.All)}."));
        }

        return known;
    }

    private static string? Name(IQueryCollection query, List<FieldError> errors)
    {
        var name = Given(query, "name");
        if (name?.Length > LongestName)
        {
            errors.Add(new("?name", "length", $"name must have 1 to {LongestName} characters."));
        }

        return name;
    }

    private static Guid? Job(IQueryCollection query, List<FieldError> errors)
    {
        if (Given(query, "uploadJobId") is not { } text)
        {
            return null;
        }

        if (Guid.TryParse(text, out var job))
        {
            return job;
        }

        errors.Add(new("?uploadJobId", "uuid", "uploadJobId must be a UUID."));
        return null;
    }

    private static DateTimeOffset? Time(IQueryCollection query, string name, List<FieldError> errors)
    {
        if (Given(query, name) is not { } text)
        {
            return null;
        }

        // A plus sign that nobody escaped arrives as a space.
        text = text.Replace(' ', '+');
        if (DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            && text.Contains('T', StringComparison.Ordinal))
        {
            return time.ToUniversalTime();
        }

        errors.Add(new($"?{name}", "time", $"{name} must be an RFC 3339 time, such as 2026-03-02T09:00:00Z."));
        return null;
    }

    private static int Limit(IQueryCollection query, List<FieldError> errors)
    {
        if (Given(query, "limit") is not { } text)
        {
            return Portal.Foundation.Paging.Page.DefaultLimit;
        }

        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit)
            && limit is >= 1 and <= Portal.Foundation.Paging.Page.MaxLimit)
        {
            return limit;
        }

        errors.Add(new("?limit", "range", $"limit must be a whole number from 1 to {Portal.Foundation.Paging.Page.MaxLimit}."));
        return Portal.Foundation.Paging.Page.DefaultLimit;
    }

    /// <summary>A form sends empty fields too.</summary>
    private static string? Given(IQueryCollection query, string name) =>
        query[name].ToString().Trim() is { Length: > 0 } text ? text : null;
}
