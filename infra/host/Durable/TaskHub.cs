using DurableTask.AzureStorage;
using DurableTask.Core;
using DurableTask.Core.Exceptions;
using DurableTask.Core.History;
using Microsoft.Extensions.Logging;

namespace Portal.Host.Durable;

/// <summary>
/// Microsoft's engine on Azure Storage, with its own dispatcher: the pieces that Durable's extension puts together inside the Functions
/// host. Orchestrators and activities run in the worker process (<see cref="RemoteExecution"/>).
/// </summary>
internal sealed class TaskHub : IAsyncDisposable
{
    private const int MaxConcurrentItems = 40;

    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(5);

    /// <summary>An id of an instance in one of these states is taken; any other is started over.</summary>
    public static readonly OrchestrationStatus[] Taken =
        [OrchestrationStatus.Pending, OrchestrationStatus.Running, OrchestrationStatus.ContinuedAsNew, OrchestrationStatus.Suspended];

    private readonly TaskHubWorker worker;

    private TaskHub(string name, AzureStorageOrchestrationService service, IOrchestrationServiceClient client, TaskHubWorker worker)
    {
        Name = name;
        Service = service;
        Client = client;
        this.worker = worker;
    }

    public string Name { get; }

    public AzureStorageOrchestrationService Service { get; }

    /// <summary>The same object: its own members have the same names and other overloads.</summary>
    public IOrchestrationServiceClient Client { get; }

    public static TaskHub Create(AppHostOptions options, string hubName, RemoteExecution remote, ILoggerFactory loggers)
    {
        var service = new AzureStorageOrchestrationService(new AzureStorageOrchestrationServiceSettings
        {
            StorageAccountClientProvider = new StorageAccountClientProvider(options.Storage),
            TaskHubName = hubName,
            PartitionCount = 1,
            UseTablePartitionManagement = true,
            UseAppLease = false,
            // The same at every start: leases of a host that was killed are this one's own, and need not run out first.
            WorkerId = "portal-host",
            MaxConcurrentTaskOrchestrationWorkItems = MaxConcurrentItems,
            MaxConcurrentTaskActivityWorkItems = MaxConcurrentItems,
            MaxQueuePollingInterval = TimeSpan.FromSeconds(1),
            ControlQueueVisibilityTimeout = options.MessageTimeout,
            WorkItemQueueVisibilityTimeout = options.MessageTimeout,
            // Else a start under the id of a running instance would replace it.
            ThrowExceptionOnInvalidDedupeStatus = true,
            LoggerFactory = loggers,
        });
        var worker = new TaskHubWorker(service, new AnyOrchestration(), new AnyActivity(), loggers)
        {
            ErrorPropagationMode = ErrorPropagationMode.UseFailureDetails,
        };
        worker.AddOrchestrationDispatcherMiddleware(remote.RunOrchestratorAsync);
        worker.AddActivityDispatcherMiddleware(remote.RunActivityAsync);
        return new(hubName, service, service, worker);
    }

    public async Task StartAsync()
    {
        await Service.CreateIfNotExistsAsync();
        await worker.StartAsync();
    }

    /// <summary>Starts an orchestration under an id.</summary>
    /// <exception cref="OrchestrationAlreadyExistsException">An instance of that id runs.</exception>
    public Task StartInstanceAsync(string name, string id, string? input, string? version = null)
    {
        var instance = new OrchestrationInstance { InstanceId = id, ExecutionId = Guid.NewGuid().ToString("N") };
        var started = new ExecutionStartedEvent(-1, input) { Name = name, Version = version, OrchestrationInstance = instance };
        return Client.CreateTaskOrchestrationAsync(new TaskMessage { Event = started, OrchestrationInstance = instance }, Taken);
    }

    public async ValueTask DisposeAsync()
    {
        // Forced: what is under way is carried out again, as after a crash.
        try
        {
            await worker.StopAsync(isForced: true).WaitAsync(StopLimit, TimeProvider.System);
        }
        catch (TimeoutException)
        {
            // Without its storage the engine tries for minutes to give its leases back. The next start takes them anyway.
        }

        worker.Dispose();
    }

    /// <summary>The dispatcher looks every name up; what runs is decided by the middleware, which never goes on to these.</summary>
    private sealed class AnyOrchestration : INameVersionObjectManager<TaskOrchestration>
    {
        public void Add(ObjectCreator<TaskOrchestration> creator) => throw Unused();

        public TaskOrchestration GetObject(string name, string? version) => new Elsewhere();

        private sealed class Elsewhere : TaskOrchestration
        {
            public override Task<string> Execute(OrchestrationContext context, string input) => throw Unused();

            public override string GetStatus() => throw Unused();

            public override void RaiseEvent(OrchestrationContext context, string name, string input) => throw Unused();
        }
    }

    private sealed class AnyActivity : INameVersionObjectManager<TaskActivity>
    {
        public void Add(ObjectCreator<TaskActivity> creator) => throw Unused();

        public TaskActivity GetObject(string name, string? version) => new Elsewhere();

        private sealed class Elsewhere : TaskActivity
        {
            public override string Run(TaskContext context, string input) => throw Unused();
        }
    }

    private static InvalidOperationException Unused() => new("Functions run in the worker process.");
}
