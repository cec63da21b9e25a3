using System.Globalization;
using System.Reflection;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.DurableTask;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using MvcJsonOptions = Microsoft.AspNetCore.Mvc.JsonOptions;

namespace Portal.Runtime.Invocation;

/// <summary>Where parameter values come from. Only the request body is read asynchronously.</summary>
internal static class ParameterSources
{
    // The worker's default serializer: as declared when writing, any case when reading.
    private static readonly JsonSerializerOptions DurableJson = new() { PropertyNameCaseInsensitive = true };

    private static readonly MethodInfo GetInput = typeof(TaskOrchestrationContext).GetMethod(
        nameof(TaskOrchestrationContext.GetInput), 1, [])!;

    private static readonly MethodInfo ParseText = typeof(ParameterSources).GetMethod(
        nameof(Parse), BindingFlags.NonPublic | BindingFlags.Static)!;

    // The types that the worker converts from a route value; anything else it fails to bind at run time.
    private static readonly HashSet<Type> Parsable =
    [
        typeof(Guid), typeof(DateTime), typeof(DateTimeOffset), typeof(DateOnly), typeof(TimeOnly), typeof(bool),
        typeof(byte), typeof(sbyte), typeof(short), typeof(ushort), typeof(int), typeof(uint), typeof(long), typeof(ulong),
        typeof(float), typeof(double), typeof(decimal),
    ];

    public static ParameterBinding From(
        ParameterInfo parameter, string? bindingType, Func<InvocationContext, InvocationRunner, object?> value) =>
        new(parameter, bindingType, (invocation, runner) => ValueTask.FromResult(value(invocation, runner)));

    public static ParameterBinding Body(ParameterInfo parameter) =>
        new(parameter, null, (invocation, _) => ReadBodyAsync(invocation.Http!, parameter, invocation.CancellationToken));

    public static ParameterBinding ActivityInput(ParameterInfo parameter, string bindingType) =>
        From(parameter, bindingType, (invocation, _) => invocation.ActivityInput is { } json
            ? JsonSerializer.Deserialize(json, parameter.ParameterType, DurableJson)
            : !parameter.ParameterType.IsValueType || Nullable.GetUnderlyingType(parameter.ParameterType) is not null ? null
            : throw new InvalidOperationException(
                $"Error converting 1 input parameters for Function '{invocation.Function.Name}': "
                + $"no input is no {parameter.ParameterType}."));

    public static ParameterBinding OrchestrationInput(ParameterInfo parameter)
    {
        var getInput = GetInput.MakeGenericMethod(parameter.ParameterType);
        return From(parameter, null, (invocation, _) =>
            getInput.Invoke(invocation.Orchestration, BindingFlags.DoNotWrapExceptions, binder: null, [], culture: null));
    }

    /// <summary>A route value by the parameter's name, or null if a value of this type cannot come from a route.</summary>
    public static ParameterBinding? Route(ParameterInfo parameter)
    {
        var target = Nullable.GetUnderlyingType(parameter.ParameterType) ?? parameter.ParameterType;
        Func<string, (bool, object?)>? convert =
            target == typeof(string) ? text => (true, text)
            : target.IsEnum ? text =>
                (Enum.TryParse(target, text, ignoreCase: true, out var value) && Enum.IsDefined(target, value), value)
            : Parsable.Contains(target) ? ParseText.MakeGenericMethod(target).CreateDelegate<Func<string, (bool, object?)>>()
            : null;
        return convert is null ? null : From(parameter, null, (invocation, _) => RouteValue(invocation, parameter, convert));
    }

    // The worker fails the invocation, a bare 500: a value that does not convert is meant to be kept out by a constraint in the route.
    private static object? RouteValue(
        InvocationContext invocation, ParameterInfo parameter, Func<string, (bool Converted, object? Value)> convert)
    {
        if (Convert.ToString(invocation.Http!.Request.RouteValues[parameter.Name!],
            CultureInfo.InvariantCulture) is not { Length: > 0 } text)
        {
            return parameter.HasDefaultValue ? parameter.DefaultValue : Default(parameter.ParameterType);
        }

        var (converted, value) = convert(text);
        return converted ? value : throw new InvalidOperationException(
            $"Error converting 1 input parameters for Function '{invocation.Function.Name}': the route value '{parameter.Name}' is no " +
            $"{parameter.ParameterType}. A constraint in the route would answer 404.");
    }

    private static (bool, object?) Parse<T>(string text)
        where T : IParsable<T> => T.TryParse(text, CultureInfo.InvariantCulture, out var value) ? (true, value) : (false, null);

    private static async ValueTask<object?> ReadBodyAsync(HttpContext http, ParameterInfo parameter, CancellationToken ct)
    {
        if (!http.Request.HasJsonContentType())
        {
            throw new BadHttpRequestException(
                "The body must be JSON and say so in Content-Type.", StatusCodes.Status415UnsupportedMediaType);
        }

        try
        {
            var json = http.RequestServices.GetRequiredService<IOptions<MvcJsonOptions>>().Value.JsonSerializerOptions;
            return await JsonSerializer.DeserializeAsync(http.Request.Body, parameter.ParameterType, json, ct);
        }
        catch (JsonException malformed)
        {
            throw new BadHttpRequestException(
                $"The body is no {parameter.ParameterType.Name}.", StatusCodes.Status400BadRequest, malformed);
        }
    }

    private static object? Default(Type type) => type.IsValueType ? Activator.CreateInstance(type) : null;
}
