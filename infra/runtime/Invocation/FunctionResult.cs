using System.Reflection;

namespace Portal.Runtime.Invocation;

/// <summary>Awaits whatever task shape a function returns; the way is chosen once per function.</summary>
internal static class FunctionResult
{
    private static readonly MethodInfo TaskOf = typeof(FunctionResult).GetMethod(
        nameof(AwaitTaskOf), BindingFlags.NonPublic | BindingFlags.Static)!;

    private static readonly MethodInfo ValueTaskOf =
        typeof(FunctionResult).GetMethod(nameof(AwaitValueTaskOf), BindingFlags.NonPublic | BindingFlags.Static)!;

    public static Type Unwrapped(Type returned)
    {
        if (returned == typeof(Task) || returned == typeof(ValueTask))
        {
            return typeof(void);
        }

        return Generic(returned) is { } definition && (definition == typeof(Task<>) || definition == typeof(ValueTask<>))
            ? returned.GetGenericArguments()[0]
            : returned;
    }

    public static Func<object?, Task<object?>> For(Type returned)
    {
        if (returned == typeof(Task))
        {
            return AwaitTask;
        }

        if (returned == typeof(ValueTask))
        {
            return AwaitValueTask;
        }

        var definition = Generic(returned);
        var generic = definition == typeof(Task<>) ? TaskOf : definition == typeof(ValueTask<>) ? ValueTaskOf : null;
        return generic?.MakeGenericMethod(returned.GetGenericArguments()).CreateDelegate<Func<object?, Task<object?>>>()
            ?? Task.FromResult;
    }

    private static Type? Generic(Type type) => type.IsGenericType ? type.GetGenericTypeDefinition() : null;

    private static async Task<object?> AwaitTask(object? task)
    {
        await (Task)task!;
        return null;
    }

    private static async Task<object?> AwaitValueTask(object? task)
    {
        await (ValueTask)task!;
        return null;
    }

    private static async Task<object?> AwaitTaskOf<T>(object? task) => await (Task<T>)task!;

    private static async Task<object?> AwaitValueTaskOf<T>(object? task) => await (ValueTask<T>)task!;
}
