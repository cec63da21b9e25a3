using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;

namespace Portal.Tests.Integration.Infra.Runtime;

/// <summary>One fault each, apart from those that need two functions.</summary>
public static class FaultySamples
{
    [Function("Twice")]
    public static void TwiceOne([TimerTrigger("0 0 0 * * *")] TimerInfo timer) => _ = timer;

    [Function("twice")]
    public static void TwiceTwo([TimerTrigger("0 0 0 * * *")] TimerInfo timer) => _ = timer;

    [Function("ThingById")]
    public static IResult ById(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", "put", Route = "Things/{id}")] HttpRequest request, string id) =>
        Results.Text(id);

    [Function("ThingByKey")]
    public static IResult ByKey(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "things/{key}")] HttpRequest request, string key) =>
        Results.Text(key);

    [Function("ThingDelete")]
    public static IResult Delete(
        [HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = "things/{key}")] HttpRequest request, string key) =>
        Results.Text(key);

    [Function("UnknownParameter")]
    public static IResult UnknownParameter(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "u/{id}")] HttpRequest request, Guid other) =>
        Results.Text($"{other}");

    [Function("UnbindableType")]
    public static IResult UnbindableType(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "t/{id}")] HttpRequest request, Version id) =>
        Results.Text($"{id}");

    [Function("NoTrigger")]
    public static void NoTrigger(TimerInfo timer) => _ = timer;

    [Function("TwoTriggers")]
    public static void TwoTriggers([TimerTrigger("0 0 0 * * *")] TimerInfo timer, [ActivityTrigger] string input) => _ = (timer, input);

    [Function("BadRoute")]
    public static IResult BadRoute([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "bad/{id")] HttpRequest request) =>
        Results.Ok();

    [Function("BadConstraint")]
    public static IResult BadConstraint(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "bad/{id:uuid}")] HttpRequest request, string id) =>
        Results.Text(id);

    [Function("HostRoute")]
    public static IResult HostRoute([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "administration")] HttpRequest request) =>
        Results.Ok();

    [Function("RootRoute")]
    public static IResult RootRoute([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "")] HttpRequest request) => Results.Ok();

    [Function("NoSetting")]
    public static void NoSetting([TimerTrigger("%NoSuchSchedule%")] TimerInfo timer) => _ = timer;

    [Function("BadCron")]
    public static void BadCron([TimerTrigger("every morning")] TimerInfo timer) => _ = timer;

#pragma warning disable DURABLE1001, DURABLE0008 // what the analyzers refuse at build, the host refuses at start
    [Function("WrongContext")]
    public static Task WrongContext([OrchestrationTrigger] string context) => Task.FromResult(context);

    [Function("ClientInOrchestrator")]
    public static Task ClientInOrchestrator(
        [OrchestrationTrigger] TaskOrchestrationContext context, [DurableClient] DurableTaskClient client) =>
        Task.FromResult((context, client));
#pragma warning restore DURABLE1001, DURABLE0008

    [Function("1digit")]
    public static void BadName([TimerTrigger("0 0 0 * * *")] TimerInfo timer) => _ = timer;

    [Function("Hidden")]
    internal static void Hidden([TimerTrigger("0 0 0 * * *")] TimerInfo timer) => _ = timer;
}

public sealed class NeedsSomething(IFormatProvider format, TimeProvider clock)
{
    [Function("Needy")]
    public IResult Needy([HttpTrigger(AuthorizationLevel.Anonymous, "get")] HttpRequest request) =>
        Results.Text(clock.GetUtcNow().ToString("O", format));
}
