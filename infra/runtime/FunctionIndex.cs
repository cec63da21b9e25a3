using System.Collections.Frozen;
using System.Reflection;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Portal.Runtime.Settings;

namespace Portal.Runtime;

/// <summary>
/// Every function of the app, found once at start. What the Functions host or its worker would refuse is a fault, and all faults are
/// reported together; what works here but not there is a note.
/// </summary>
internal sealed class FunctionIndex
{
    private readonly FrozenDictionary<string, FunctionEntry> functions;

    private FunctionIndex(IEnumerable<FunctionEntry> functions, IReadOnlyList<string> notes)
    {
        this.functions = functions.ToFrozenDictionary(function => function.Name, StringComparer.OrdinalIgnoreCase);
        Notes = notes;
    }

    public IEnumerable<FunctionEntry> All => functions.Values;

    /// <summary>Differences to Azure that someone should know before deploying.</summary>
    public IReadOnlyList<string> Notes { get; }

    public FunctionEntry? Find(string name) => functions.GetValueOrDefault(name);

    public FunctionEntry? Find(string name, TriggerKind trigger) =>
        Find(name) is { } function && function.Trigger == trigger ? function : null;

    /// <summary>In the host's order, which decides whose route is asked first.</summary>
    public IEnumerable<FunctionEntry> Of(TriggerKind trigger) =>
        functions.Values.Where(function => function.Trigger == trigger).OrderBy(function => function.Name, FunctionIndexHiding.Order);

    public static FunctionIndex Load(
        Assembly assembly, Func<Type, bool>? filter, HostJson host, IConfiguration settings, List<string> faults)
    {
        var reader = new FunctionIndexReader(host, settings, faults);
        var entries = new List<FunctionEntry>();
        foreach (var (method, attribute) in Marked(assembly, filter, faults))
        {
            if (reader.Read(method, attribute.Name) is { } entry && !IsDisabled(entry.Name, settings))
            {
                entries.Add(entry);
            }
        }

        foreach (var twice in entries.GroupBy(entry => entry.Name, StringComparer.OrdinalIgnoreCase).Where(group => group.Count() > 1))
        {
            var places = string.Join(", ", twice.Select(entry => entry.Definition.EntryPoint));
            faults.Add($"Function name '{twice.Key}' is used {twice.Count()} times: {places}. Names are compared without case.");
        }

        FunctionIndexRoutes.Check(entries, host.RoutePrefix, faults);
        return new FunctionIndex(entries.DistinctBy(entry => entry.Name, StringComparer.OrdinalIgnoreCase), reader.Notes);
    }

    /// <summary>A function class that cannot be created would fail at its first call; says so at start.</summary>
    public void CheckConstructors(IServiceProviderIsService services, List<string> faults)
    {
        foreach (var type in All.Where(function => !function.IsStatic).Select(function => function.DeclaringType).Distinct())
        {
            if (type.GetConstructors() is not [var constructor])
            {
                continue;
            }

            faults.AddRange(constructor.GetParameters()
                .Where(parameter => !parameter.HasDefaultValue
                    && parameter.GetCustomAttribute<FromKeyedServicesAttribute>() is null
                    && !services.IsService(parameter.ParameterType))
                .Select(parameter => $"{type.Name} needs {parameter.ParameterType.Name} ({parameter.Name}), which is not registered."));
        }
    }

    private static IEnumerable<(MethodInfo Method, FunctionAttribute Attribute)> Marked(
        Assembly assembly, Func<Type, bool>? filter, List<string> faults)
    {
        const BindingFlags Declared =
            BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;
        return TypesOf(assembly, faults)
            .Where(type => filter?.Invoke(type) ?? true)
            .SelectMany(type => type.GetMethods(Declared))
            .Select(method => (method, attribute: method.GetCustomAttribute<FunctionAttribute>(inherit: false)!))
            .Where(marked => marked.attribute is not null);
    }

    private static Type[] TypesOf(Assembly assembly, List<string> faults)
    {
        try
        {
            return assembly.GetTypes();
        }
        catch (ReflectionTypeLoadException broken)
        {
            faults.Add($"{assembly.GetName().Name} does not load: {broken.LoaderExceptions.FirstOrDefault()?.Message ?? broken.Message}");
            return [.. broken.Types.OfType<Type>()];
        }
    }

    // As on Azure: AzureWebJobs.<name>.Disabled = true (or AzureWebJobs_<name>_Disabled, where names may not contain dots).
    private static bool IsDisabled(string name, IConfiguration settings) =>
        bool.TryParse(settings[$"AzureWebJobs.{name}.Disabled"] ?? settings[$"AzureWebJobs_{name}_Disabled"], out var disabled)
            && disabled;
}
