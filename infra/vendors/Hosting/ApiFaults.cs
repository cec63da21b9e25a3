using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Portal.LocalVendors.Hosting;

namespace Portal.LocalVendors;

/// <summary>How a call goes wrong.</summary>
public sealed record ApiFault
{
    private ApiFault() { }

    internal enum Kinds
    {
        Status,
        Abort,
        Silence,
        Garbage,
    }

    /// <summary>The connection is cut before an answer.</summary>
    public static ApiFault ConnectionAbort { get; } = new() { Kind = Kinds.Abort };

    /// <summary>No answer until the caller gives up.</summary>
    public static ApiFault NeverAnswers { get; } = new() { Kind = Kinds.Silence };

    /// <summary>200 with JSON that ends in the middle.</summary>
    public static ApiFault Garbage { get; } = new() { Kind = Kinds.Garbage };

    internal Kinds Kind { get; private init; }

    internal int Code { get; private init; }

    internal string? Body { get; private init; }

    internal string? ContentType { get; private init; }

    internal int? RetryAfter { get; private init; }

    /// <summary>An answer with this status. Without a body it is the kind of HTML page that a gateway in front of a vendor
    /// sends.</summary>
    public static ApiFault Status(int code, string? body = null, string contentType = "application/json", int? retryAfterSeconds = null) =>
        new()
        {
            Kind = Kinds.Status,
            Code = code,
            Body = body,
            ContentType = contentType,
            RetryAfter = retryAfterSeconds,
        };

    internal async Task ApplyAsync(HttpContext context, CancellationToken stopping)
    {
        switch (Kind)
        {
            case Kinds.Abort:
                context.Abort();
                break;
            case Kinds.Silence:
                using (var until = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping))
                {
                    var gone = new TaskCompletionSource();
                    await using var registration = until.Token.Register(gone.SetResult);
                    await gone.Task;
                }
                context.Abort();
                break;
            case Kinds.Garbage:
                context.Response.StatusCode = 200;
                context.Response.ContentType = "application/json";
                await context.Response.WriteAsync("{\"data\":{\"id\":\"", CancellationToken.None);
                break;
            case Kinds.Status:
            default:
                context.Response.StatusCode = Code;
                context.Response.ContentType = Body is null ? "text/html" : ContentType;
                if (RetryAfter is { } seconds)
                {
                    context.Response.Headers.RetryAfter = seconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
                }
                await context.Response.WriteAsync(Body ?? $"<html><body><h1>{Code}</h1></body></html>", CancellationToken.None);
                break;
        }
    }
}

/// <summary>Faults of a vendor's API and webhooks, switched at run time. Thread-safe; they concern this process's server only.</summary>
public class VendorFaults
{
    private readonly Lock gate = new();
    private readonly List<Planned> before = [];
    private readonly List<Planned> after = [];

    /// <summary>Every event is delivered twice, with the same event id.</summary>
    public bool DuplicateWebhooks { get; set; }

    /// <summary>True for an event type: it is never delivered. Asked when a delivery is about to be tried.</summary>
    public Func<string, bool>? DropWebhooks { get; set; }

    /// <summary>Added between an event and its first delivery.</summary>
    public TimeSpan DelayWebhooks { get; set; }

    /// <summary>Webhooks are signed with a secret that the app does not have, as after a rotation on one side.</summary>
    public bool WrongSignatures { get; set; }

    /// <summary>The next calls (that <paramref name="when"/> accepts, by method and path) fail and have no effect.</summary>
    public void FailNextApiCalls(int count, ApiFault fault, Func<string, string, bool>? when = null) => Add(before, count, fault, when);

    /// <summary>The next calls take effect, but the caller gets the fault instead of the answer.</summary>
    public void FailNextAfterEffect(int count, ApiFault fault, Func<string, string, bool>? when = null) => Add(after, count, fault, when);

    /// <summary>Back to faultless.</summary>
    public virtual void Clear()
    {
        lock (gate)
        {
            before.Clear();
            after.Clear();
        }
        DuplicateWebhooks = false;
        DropWebhooks = null;
        DelayWebhooks = TimeSpan.Zero;
        WrongSignatures = false;
    }

    /// <summary>False: a fault that this vendor does not have.</summary>
    internal virtual bool TryApply(FaultPlan plan)
    {
        ApiFault? fault = plan.Fault switch
        {
            null or "status" => ApiFault.Status(plan.Status, plan.Body?.ToJsonString(), retryAfterSeconds: plan.RetryAfterSeconds),
            "abort" => ApiFault.ConnectionAbort,
            "silence" => ApiFault.NeverAnswers,
            "garbage" => ApiFault.Garbage,
            _ => null,
        };
        if (fault is null || plan.ShuffleWebhooks is not null || plan.FailEncodings > 0 || plan.NoUsageExports is not null
            || plan.EndedUsageLinks > 0 || plan.Status is < 200 or > 599)
        {
            return false;
        }

        if (plan.Calls > 0)
        {
            Add(plan.AfterEffect ? after : before, plan.Calls, fault, (method, path) =>
                (plan.Method is null || method.Equals(plan.Method, StringComparison.OrdinalIgnoreCase))
                && path.StartsWith(plan.Path, StringComparison.Ordinal));
        }

        DuplicateWebhooks = plan.DuplicateWebhooks ?? DuplicateWebhooks;
        WrongSignatures = plan.WrongSignatures ?? WrongSignatures;
        DelayWebhooks = plan.DelayWebhooksSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : DelayWebhooks;
        if (plan.DropWebhooks is { } dropped)
        {
            DropWebhooks = dropped.Length == 0 ? null : type => dropped.Contains("*") || dropped.Contains(type);
        }

        return true;
    }

    internal virtual JsonObject Show()
    {
        lock (gate)
        {
            return new JsonObject
            {
                ["callsToFail"] = before.Sum(plan => plan.Left),
                ["callsToFailAfterEffect"] = after.Sum(plan => plan.Left),
                ["duplicateWebhooks"] = DuplicateWebhooks,
                ["dropsWebhooks"] = DropWebhooks is not null,
                ["delayWebhooksSeconds"] = DelayWebhooks.TotalSeconds,
                ["wrongSignatures"] = WrongSignatures,
            };
        }
    }

    /// <summary>Runs a call under the planned faults.</summary>
    internal async Task RunAsync(HttpContext context, RequestDelegate next, CancellationToken stopping)
    {
        if (Take(before, context) is { } early)
        {
            await early.ApplyAsync(context, stopping);
        }
        else if (Take(after, context) is { } late)
        {
            var real = context.Features.GetRequiredFeature<IHttpResponseBodyFeature>();
            context.Features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(Stream.Null));
            await next(context);
            context.Features.Set(real);
            context.Response.Clear();
            await late.ApplyAsync(context, stopping);
        }
        else
        {
            await next(context);
        }
    }

    private void Add(List<Planned> to, int count, ApiFault fault, Func<string, string, bool>? when)
    {
        lock (gate)
        {
            to.Add(new Planned(fault, when ?? ((_, _) => true)) { Left = count });
        }
    }

    private ApiFault? Take(List<Planned> from, HttpContext context)
    {
        lock (gate)
        {
            var planned = from.Find(plan => plan.Left > 0 && plan.When(context.Request.Method, context.Request.Path.Value ?? ""));
            if (planned is null)
            {
                return null;
            }
            planned.Left--;
            return planned.Fault;
        }
    }

    private sealed class Planned(ApiFault fault, Func<string, string, bool> when)
    {
        public ApiFault Fault => fault;

        public Func<string, string, bool> When => when;

        public int Left { get; set; }
    }
}
