using System.Collections;
using System.Collections.Immutable;
using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;
using WorkerRetryContext = Microsoft.Azure.Functions.Worker.RetryContext;

namespace Portal.Runtime.Invocation;

/// <summary>One run of one function: what app middleware and the function see of it, and what the runtime keeps beside it.</summary>
internal sealed class InvocationContext : FunctionContext
{
    /// <summary>Where <c>GetHttpContext()</c> looks.</summary>
    public const string HttpContextKey = "HttpRequestContext";

    private readonly FunctionEntry function;
    private readonly CancellationToken cancellation;
    private readonly InvocationFeatures features = new();
    private readonly InvocationTrace trace;
    private InvocationBinding? binding;

    public InvocationContext(FunctionEntry function, IServiceProvider services, CancellationToken cancellation)
    {
        this.function = function;
        this.cancellation = cancellation;
        InstanceServices = services;
        trace = new InvocationTrace(Activity.Current);
        features.Set(this);
    }

    public override string InvocationId { get; } = Guid.NewGuid().ToString();

    public override string FunctionId => function.Definition.Id;

    public override TraceContext TraceContext => trace;

    public override BindingContext BindingContext => binding ??= new InvocationBinding(Http?.Request.RouteValues);

    public override WorkerRetryContext RetryContext => NoRetries.Instance;

    public override IServiceProvider InstanceServices { get; set; }

    public override FunctionDefinition FunctionDefinition => function.Definition;

    public override IDictionary<object, object> Items { get; set; } = new Dictionary<object, object>();

    public override IInvocationFeatures Features => features;

    public override CancellationToken CancellationToken => cancellation;

    public FunctionEntry Function => function;

    public HttpContext? Http { get; init; }

    public TimerInfo? Timer { get; init; }

    public TaskOrchestrationContext? Orchestration { get; init; }

    public TaskActivityContext? ActivityContext { get; init; }

    /// <summary>The activity's input as stored.</summary>
    public string? ActivityInput { get; init; }

    /// <summary>What the function returned; executed or stored after all middleware has returned.</summary>
    public object? Result { get; set; }

    /// <summary>Whether middleware let the run through to the function.</summary>
    public bool Entered { get; set; }

    /// <summary>Set when the run was given up before the function began: it must not begin any more.</summary>
    public bool Abandoned { get; set; }

    private sealed class InvocationTrace(Activity? activity) : TraceContext
    {
        public override string TraceParent { get; } = activity?.Id ?? "";

        public override string TraceState { get; } = activity?.TraceStateString ?? "";
    }

    private sealed class InvocationBinding(IReadOnlyDictionary<string, object?>? routeValues) : BindingContext
    {
        public override IReadOnlyDictionary<string, object?> BindingData { get; } = routeValues
            ?? ImmutableDictionary<string, object?>.Empty;
    }

    private sealed class NoRetries : WorkerRetryContext
    {
        public static readonly NoRetries Instance = new();

        public override int RetryCount => 0;

        public override int MaxRetryCount => 0;
    }

    private sealed class InvocationFeatures : IInvocationFeatures
    {
        private readonly Dictionary<Type, object> features = [];

        public void Set<T>(T instance) => features[typeof(T)] = instance ?? throw new ArgumentNullException(nameof(instance));

        public T? Get<T>() => features.TryGetValue(typeof(T), out var feature) ? (T)feature : default;

        public IEnumerator<KeyValuePair<Type, object>> GetEnumerator() => features.GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
