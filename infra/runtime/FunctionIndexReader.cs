using System.Collections.Immutable;
using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Extensions.Abstractions;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Configuration;
using Portal.Runtime.Invocation;
using Portal.Runtime.Settings;
using Portal.Runtime.Timers;
using FromBodyAttribute = Microsoft.Azure.Functions.Worker.Http.FromBodyAttribute;

namespace Portal.Runtime;

/// <summary>Reads one method marked <c>[Function]</c>: its trigger, its route or schedule, and a source for every parameter.</summary>
internal sealed partial class FunctionIndexReader(HostJson host, IConfiguration settings, List<string> faults)
{
    // What the worker executes against the response; it drops whatever else a function returns.
    private static readonly Type[] Answers = [typeof(IResult), typeof(IActionResult)];

    private readonly List<string> notes = [];

    public IReadOnlyList<string> Notes => notes;

    /// <summary>The entry, or null after adding to the faults.</summary>
    public FunctionEntry? Read(MethodInfo method, string name)
    {
        var before = faults.Count;
        CheckShape(method, name);
        var triggers = method.GetParameters().Where(
            parameter => parameter.GetCustomAttribute<TriggerBindingAttribute>() is not null).ToArray();
        if (triggers is not [var trigger])
        {
            Fault(method, name, triggers.Length == 0
                ? "no parameter has a trigger"
                : $"has {triggers.Length} triggers ({string.Join(", ", triggers.Select(parameter => parameter.Name))}); one is allowed");
            return null;
        }

        var entry = trigger.GetCustomAttribute<TriggerBindingAttribute>() switch
        {
            HttpTriggerAttribute http => ReadHttp(method, name, trigger, http),
            TimerTriggerAttribute timer => ReadTimer(method, name, trigger, timer),
            OrchestrationTriggerAttribute => ReadOrchestration(method, name, trigger),
            ActivityTriggerAttribute => ReadActivity(method, name, trigger),
            { } other => Refuse(method, name, $"the local runtime has no {other.GetType().Name}"),
            null => null,
        };
        return faults.Count == before ? entry : null;
    }

    private void CheckShape(MethodInfo method, string name)
    {
        var type = method.DeclaringType!;
        if (!FunctionName().IsMatch(name) || name.Equals("host", StringComparison.OrdinalIgnoreCase))
        {
            Fault(method, name, "a name starts with a letter, has up to 128 letters, digits, - or _, and is not 'host'");
        }

        if (!method.IsPublic || !type.IsVisible)
        {
            Fault(method, name, "method and class must be public, or the worker does not see them");
        }

        if (method.ContainsGenericParameters || (type.IsAbstract && !method.IsStatic))
        {
            Fault(method, name, "a generic method or the instance method of an abstract class cannot be called");
        }

        if (method.ReturnType == typeof(void)
            && method.GetCustomAttribute<System.Runtime.CompilerServices.AsyncStateMachineAttribute>() is not null)
        {
            Fault(method, name, "async void cannot be awaited; return Task");
        }
    }

    private FunctionEntry? ReadHttp(MethodInfo method, string name, ParameterInfo trigger, HttpTriggerAttribute http)
    {
        if (trigger.ParameterType != typeof(HttpRequest))
        {
            return Refuse(method, name, $"[HttpTrigger] {trigger.Name} must be an HttpRequest, not {trigger.ParameterType.Name}");
        }

        if (http.Route?.Length == 0)
        {
            return Refuse(method, name,
                "the route \"\" is the function's name to the host and the root to the worker, so nobody reaches it; say \"/\"");
        }

        var template = FunctionIndexRoutes.Combine(host.RoutePrefix, http.Route ?? name);
        if (FunctionIndexRoutes.Parse(template, out var problem) is not { } pattern)
        {
            return Refuse(method, name, $"route '{template}': {problem}");
        }

        if (http.AuthLevel == AuthorizationLevel.User)
        {
            return Refuse(method, name, "AuthorizationLevel.User needs App Service Authentication, which is not here");
        }

        var parameters = Bind(method, name, trigger, "httpTrigger", parameter => HttpParameter(method, name, parameter, pattern));
        var result = FunctionResult.Unwrapped(method.ReturnType);
        if (!Answers.Any(answer => answer.IsAssignableFrom(result)) && result != typeof(void) && result != typeof(object))
        {
            notes.Add($"{name} returns {result.Name}: Azure ignores it and answers 200 with no body; return IResult or IActionResult.");
        }

        return new FunctionEntry(name, TriggerKind.Http, method, parameters)
        {
            Http = new HttpFace(
                LevelOf(trigger, http, name), [.. (http.Methods ?? []).Select(verb => verb.ToUpperInvariant()).Distinct()], template),
        };
    }

    // Only a level that is passed to the constructor reaches functions.metadata; without it the host's default, Function, holds.
    private AuthorizationLevel LevelOf(ParameterInfo trigger, HttpTriggerAttribute http, string name)
    {
        var passed = trigger.CustomAttributes.Single(
            attribute => attribute.AttributeType == typeof(HttpTriggerAttribute)).ConstructorArguments;
        if (passed.Count > 0 && passed[0].ArgumentType == typeof(AuthorizationLevel))
        {
            return http.AuthLevel;
        }

        notes.Add($"{name} names no AuthorizationLevel, so Azure asks for a function key; pass the level.");
        return AuthorizationLevel.Function;
    }

    private ParameterBinding? HttpParameter(MethodInfo method, string name, ParameterInfo parameter, RoutePattern pattern)
    {
        if (parameter.GetCustomAttribute<FromBodyAttribute>() is not null)
        {
            notes.Add(
                $"{name} binds its body to {parameter.ParameterType.Name}: malformed JSON answers 400 here and a bare 500 on Azure.");
            return ParameterSources.Body(parameter);
        }

        if (pattern.Parameters.FirstOrDefault(part => part.Name.Equals(parameter.Name,
            StringComparison.OrdinalIgnoreCase)) is not { } part)
        {
            Fault(method, name, $"parameter '{parameter.Name}' ({parameter.ParameterType.Name}) is neither in the route "
                + $"'{pattern.RawText}' " +
                "nor anything else that can be bound");
            return null;
        }

        if (ParameterSources.Route(parameter) is not { } binding)
        {
            Fault(method, name, $"route value '{parameter.Name}' cannot become a {parameter.ParameterType.Name}");
            return null;
        }

        var target = Nullable.GetUnderlyingType(parameter.ParameterType) ?? parameter.ParameterType;
        if (target.IsEnum)
        {
            notes.Add($"{name} takes the route value '{parameter.Name}' as an enum, which Azure does not convert; take a string.");
        }
        else if (target != typeof(string) && part.ParameterPolicies.Count == 0)
        {
            notes.Add(
                $"{name} takes the route value '{parameter.Name}' as {target.Name} without a constraint: any other value is a 500, not a "
                    + "404.");
        }

        return binding;
    }

    private FunctionEntry? ReadTimer(MethodInfo method, string name, ParameterInfo trigger, TimerTriggerAttribute timer)
    {
        if (trigger.ParameterType != typeof(TimerInfo))
        {
            return Refuse(method, name, $"[TimerTrigger] {trigger.Name} must be a TimerInfo, not {trigger.ParameterType.Name}");
        }

        if (Resolve(timer.Schedule, out var missing) is not { } text)
        {
            return Refuse(method, name, $"the setting %{missing}% of its schedule has no value");
        }

        if (TimerSchedule.Parse(text) is not { } schedule)
        {
            return Refuse(method, name, $"'{text}' is no NCRONTAB expression of six fields " +
                "({second} {minute} {hour} {day} {month} {weekday}) and no time span");
        }

        var parameters = Bind(method, name, trigger, "timerTrigger", parameter => Unknown(method, name, parameter));
        return new FunctionEntry(name, TriggerKind.Timer, method, parameters)
        {
            Timer = new TimerFace(schedule, timer.UseMonitor && !schedule.IsSubMinute, timer.RunOnStartup),
        };
    }

    private FunctionEntry? ReadOrchestration(MethodInfo method, string name, ParameterInfo trigger)
    {
        if (trigger.ParameterType != typeof(TaskOrchestrationContext))
        {
            return Refuse(
                method, name,
                $"[OrchestrationTrigger] {trigger.Name} must be a TaskOrchestrationContext, not {trigger.ParameterType.Name}");
        }

        var inputs = 0;
        var parameters = Bind(method, name, trigger, "orchestrationTrigger", parameter =>
            ++inputs == 1 ? ParameterSources.OrchestrationInput(parameter) : Unknown(method, name, parameter));
        return new FunctionEntry(name, TriggerKind.Orchestration, method, parameters);
    }

    private FunctionEntry ReadActivity(MethodInfo method, string name, ParameterInfo trigger) =>
        new(name, TriggerKind.Activity, method, Bind(method, name, trigger, "activityTrigger", parameter =>
        {
            if (parameter.ParameterType != typeof(TaskActivityContext))
            {
                return Unknown(method, name, parameter);
            }

            notes.Add($"{name} takes a TaskActivityContext, which Azure binds only for class-based activities; take a FunctionContext.");
            return ParameterSources.From(parameter, null, (invocation, _) => invocation.ActivityContext);
        }));

    private ImmutableArray<ParameterBinding> Bind(
        MethodInfo method, string name, ParameterInfo trigger, string triggerType, Func<ParameterInfo, ParameterBinding?> other) =>
        [.. method.GetParameters()
            // By position: while hosts start side by side, reflection may hand out two objects for one parameter.
            .Select(parameter => BindOne(method, name, parameter, parameter.Position == trigger.Position ? triggerType : null, other))
            .OfType<ParameterBinding>()];

    private ParameterBinding? BindOne(
        MethodInfo method, string name, ParameterInfo parameter, string? trigger, Func<ParameterInfo, ParameterBinding?> other)
    {
        if (parameter.ParameterType == typeof(FunctionContext))
        {
            return ParameterSources.From(parameter, trigger, (invocation, _) => invocation);
        }

        if (trigger is not null)
        {
            return TriggerSource(parameter, trigger);
        }

        if (parameter.ParameterType == typeof(CancellationToken))
        {
            return ParameterSources.From(parameter, null, (invocation, _) => invocation.CancellationToken);
        }

        if (parameter.GetCustomAttribute<DurableClientAttribute>() is not null)
        {
            return DurableClient(method, name, parameter);
        }

        if (parameter.GetCustomAttribute<BindingAttribute>() is { } binding)
        {
            Fault(method, name, $"the local runtime has no {binding.GetType().Name} (parameter '{parameter.Name}')");
            return null;
        }

        return other(parameter);
    }

    private static ParameterBinding TriggerSource(ParameterInfo parameter, string trigger) => trigger switch
    {
        "httpTrigger" => ParameterSources.From(parameter, trigger, (invocation, _) => invocation.Http!.Request),
        "timerTrigger" => ParameterSources.From(parameter, trigger, (invocation, _) => invocation.Timer),
        "orchestrationTrigger" => ParameterSources.From(parameter, trigger, (invocation, _) => invocation.Orchestration),
        _ when parameter.ParameterType == typeof(TaskActivityContext) =>
            ParameterSources.From(parameter, trigger, (invocation, _) => invocation.ActivityContext),
        _ => ParameterSources.ActivityInput(parameter, trigger),
    };

    private ParameterBinding? DurableClient(MethodInfo method, string name, ParameterInfo parameter)
    {
        if (parameter.ParameterType != typeof(DurableTaskClient))
        {
            Fault(
                method, name, $"[DurableClient] {parameter.Name} must be exactly a DurableTaskClient, not {parameter.ParameterType.Name}");
            return null;
        }

        if (method.GetParameters().Any(other => other.GetCustomAttribute<OrchestrationTriggerAttribute>() is not null))
        {
            Fault(method, name, $"an orchestrator must not use a client ('{parameter.Name}'): what it asked would differ on replay");
            return null;
        }

        return ParameterSources.From(parameter, "durableClient", (_, runner) => runner.DurableClient);
    }

    private ParameterBinding? Unknown(MethodInfo method, string name, ParameterInfo parameter)
    {
        Fault(method, name, $"nothing binds parameter '{parameter.Name}' ({parameter.ParameterType.Name})");
        return null;
    }

    // %Name% anywhere in the text, as the host's name resolver does.
    private string? Resolve(string text, out string? missing)
    {
        string? unknown = null;
        var resolved = SettingName().Replace(text, match =>
        {
            var value = settings.Find(match.Groups[1].Value);
            unknown ??= string.IsNullOrWhiteSpace(value) ? match.Groups[1].Value : null;
            return value ?? "";
        });
        missing = unknown;
        return unknown is null ? resolved : null;
    }

    private FunctionEntry? Refuse(MethodInfo method, string name, string problem)
    {
        Fault(method, name, problem);
        return null;
    }

    private void Fault(MethodInfo method, string name, string problem) =>
        faults.Add(
            string.Create(CultureInfo.InvariantCulture, $"Function '{name}' ({method.DeclaringType!.Name}.{method.Name}): {problem}."));

    [GeneratedRegex("^[a-zA-Z][a-zA-Z0-9_-]{0,127}$")]
    private static partial Regex FunctionName();

    [GeneratedRegex("%([^%]+)%")]
    private static partial Regex SettingName();
}
