using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;

namespace Portal.LocalVendors.Hosting;

/// <summary>What a drill switches on. What it leaves out stays as it is.</summary>
internal sealed record FaultPlan
{
    /// <summary>So many of the next calls go wrong.</summary>
    public int Calls { get; init; }

    /// <summary>How: abort, silence, garbage, or else an answer with the status.</summary>
    public string? Fault { get; init; }

    public int Status { get; init; } = 503;

    public int? RetryAfterSeconds { get; init; }

    /// <summary>What the answer says, as the vendor words it; else it is a page of HTML.</summary>
    public JsonObject? Body { get; init; }

    /// <summary>The calls take effect, and only the answer goes wrong.</summary>
    public bool AfterEffect { get; init; }

    /// <summary>Only calls of this method.</summary>
    public string? Method { get; init; }

    /// <summary>Only calls whose path starts so.</summary>
    public string Path { get; init; } = "";

    public bool? DuplicateWebhooks { get; init; }

    /// <summary>Event types; <c>*</c> is all.</summary>
    public string[]? DropWebhooks { get; init; }

    public double? DelayWebhooksSeconds { get; init; }

    /// <summary>Webhooks are signed with a secret that is not the app's.</summary>
    public bool? WrongSignatures { get; init; }

    /// <summary>Mux.</summary>
    public bool? ShuffleWebhooks { get; init; }

    /// <summary>Mux: the account has no usage exports.</summary>
    public bool? NoUsageExports { get; init; }

    /// <summary>Mux: the links of so many of the next lists of usage exports have ended.</summary>
    public int EndedUsageLinks { get; init; }

    /// <summary>Mux: so many of the next assets end <c>errored</c>.</summary>
    public int FailEncodings { get; init; }

    public string Message { get; init; } = "The input file could not be processed.";
}

/// <summary>
/// <c>/local/faults</c>: POST switches faults on, GET shows how they stand, DELETE ends them. They concern this process's server.
/// </summary>
internal static class FaultRoutes
{
    private static readonly JsonSerializerOptions Strict = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    };

    public static void Map(WebApplication app, VendorFaults faults)
    {
        app.Json("GET", "/local/faults", _ => Task.FromResult(new VendorReply(200, faults.Show())));
        app.Json("DELETE", "/local/faults", _ =>
        {
            faults.Clear();
            return Task.FromResult(new VendorReply(200, faults.Show()));
        });
        app.Json("POST", "/local/faults", async context =>
        {
            try
            {
                var plan = await JsonSerializer.DeserializeAsync<FaultPlan>(context.Request.Body, Strict, context.RequestAborted);
                return plan is not null && faults.TryApply(plan)
                    ? new VendorReply(200, faults.Show())
                    : new VendorReply(400, new JsonObject { ["error"] = "This vendor has no such fault." });
            }
            catch (JsonException exception)
            {
                return new VendorReply(400, new JsonObject { ["error"] = exception.Message });
            }
        });
    }
}
