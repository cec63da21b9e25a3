using System.Collections.Immutable;
using System.Reflection;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Portal.Runtime.Invocation;
using Portal.Runtime.Timers;

namespace Portal.Runtime;

internal enum TriggerKind
{
    Http,
    Timer,
    Orchestration,
    Activity,
}

/// <summary>How a parameter gets its value at each run.</summary>
internal sealed record ParameterBinding(
    ParameterInfo Parameter, string? BindingType, Func<InvocationContext, InvocationRunner, ValueTask<object?>> Bind);

/// <summary>The HTTP face of a function. <see cref="Template"/> includes the route prefix.</summary>
internal sealed record HttpFace(AuthorizationLevel Level, ImmutableArray<string> Methods, string Template);

/// <summary>The timer face of a function, its <c>%Setting%</c> resolved.</summary>
internal sealed record TimerFace(TimerSchedule Schedule, bool UseMonitor, bool RunOnStartup);

/// <summary>One function of the app: how it is triggered, bound and called.</summary>
internal sealed class FunctionEntry
{
    private readonly MethodInfo method;
    private readonly Func<object?, Task<object?>> result;
    private readonly Lazy<ObjectFactory> factory;
    private ILogger? logger;

    public FunctionEntry(string name, TriggerKind trigger, MethodInfo method, ImmutableArray<ParameterBinding> parameters)
    {
        this.method = method;
        Name = name;
        Trigger = trigger;
        Parameters = parameters;
        Definition = new EntryDefinition(this, method);
        result = FunctionResult.For(method.ReturnType);
        factory = new(() => ActivatorUtilities.CreateFactory(DeclaringType, []));
    }

    public string Name { get; }

    public TriggerKind Trigger { get; }

    public ImmutableArray<ParameterBinding> Parameters { get; }

    public FunctionDefinition Definition { get; }

    public HttpFace? Http { get; init; }

    public TimerFace? Timer { get; init; }

    public Type DeclaringType => method.DeclaringType!;

    public bool IsStatic => method.IsStatic;

    /// <summary>What is returned once tasks are awaited; void for none.</summary>
    public Type ResultType => FunctionResult.Unwrapped(method.ReturnType);

    public ILogger Logger(ILoggerFactory loggers) => logger ??= loggers.CreateLogger($"Function.{Name}");

    /// <summary>Calls the method on a new instance of its class and awaits it; exceptions come out as they were thrown.</summary>
    public async Task<object?> InvokeAsync(IServiceProvider services, object?[] arguments)
    {
        if (method.IsStatic)
        {
            return await result(Call(null, arguments));
        }

        var instance = factory.Value(services, []);
        try
        {
            return await result(Call(instance, arguments));
        }
        finally
        {
            await DisposeAsync(instance);
        }
    }

    private object? Call(object? instance, object?[] arguments) =>
        method.Invoke(instance, BindingFlags.DoNotWrapExceptions, binder: null, arguments, culture: null);

    private static async ValueTask DisposeAsync(object instance)
    {
        switch (instance)
        {
            case IAsyncDisposable disposable:
                await disposable.DisposeAsync();
                break;
            case IDisposable disposable:
                disposable.Dispose();
                break;
        }
    }

    private sealed class EntryDefinition : FunctionDefinition
    {
        public EntryDefinition(FunctionEntry function, MethodInfo method)
        {
            Name = function.Name;
            EntryPoint = $"{method.DeclaringType!.FullName}.{method.Name}";
            PathToAssembly = method.DeclaringType.Assembly.Location;
            Parameters = [
                .. function.Parameters.Select(bound => new FunctionParameter(bound.Parameter.Name!, bound.Parameter.ParameterType))
            ];
            InputBindings = function.Parameters.Where(bound => bound.BindingType is not null)
                .ToImmutableDictionary(
                    bound => bound.Parameter.Name!,
                    BindingMetadata (bound) => new EntryBinding(bound.Parameter.Name!, bound.BindingType!, BindingDirection.In));
            OutputBindings = function.Trigger == TriggerKind.Http
                ? ImmutableDictionary<string, BindingMetadata>.Empty.Add(
                    "$return", new EntryBinding("$return", "http", BindingDirection.Out))
                : ImmutableDictionary<string, BindingMetadata>.Empty;
        }

        public override ImmutableArray<FunctionParameter> Parameters { get; }

        public override string PathToAssembly { get; }

        public override string EntryPoint { get; }

        public override string Id => Name;

        public override string Name { get; }

        public override IImmutableDictionary<string, BindingMetadata> InputBindings { get; }

        public override IImmutableDictionary<string, BindingMetadata> OutputBindings { get; }
    }

    private sealed class EntryBinding(string name, string type, BindingDirection direction) : BindingMetadata
    {
        public override string Name => name;

        public override string Type => type;

        public override BindingDirection Direction => direction;
    }
}
