using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Portal.Foundation.Outages;
using Portal.Tests.Support;
using Portal.Vendors;
using Portal.Vendors.Blob;
using Portal.Vendors.Clerk;
using Portal.Vendors.PagerDuty;

namespace Portal.Tests.Unit.Vendors;

/// <summary>A vendor that is away is left alone for a while, and that looks to adapters as a refused connection does.</summary>
public sealed class VendorCircuitTests : IAsyncDisposable
{
    private const string Secret = "person@portal.example";
    private static readonly Uri Address = new($"https://vendor.example/users?email={Secret}");
    private readonly TestClock clock = new();
    private readonly List<string> lines = [];
    private readonly List<string> notes = [];
    private readonly FakeVendor vendor = new();
    private readonly ServiceProvider provider;
    private Exception? noting;

    public VendorCircuitTests()
    {
        provider = Services()
            .AddVendor<One>("One", TimeSpan.FromSeconds(20)).AddVendor<OneToo>("One", TimeSpan.FromSeconds(20))
            .AddVendor<Impatient>("Impatient", TimeSpan.FromSeconds(1)).BuildServiceProvider();
    }

    [Fact]
    public async Task A_vendor_that_fails_is_not_called_until_the_break_is_over_and_then_is_called_again()
    {
        vendor.Answer = () => throw new HttpRequestException("Connection refused");
        for (var i = 0; i < VendorCircuits.MinimumCalls; i++)
        {
            Assert.Equal("Connection refused", (await Assert.ThrowsAsync<HttpRequestException>(CallAsync<One>)).Message);
        }

        await Assert.ThrowsAsync<HttpRequestException>(CallAsync<One>);
        clock.Advance(VendorCircuits.Break - TimeSpan.FromSeconds(1));
        await Assert.ThrowsAsync<HttpRequestException>(CallAsync<One>);
        Assert.Equal(VendorCircuits.MinimumCalls, vendor.Calls);

        clock.Advance(TimeSpan.FromSeconds(1));
        vendor.Answer = () => new(HttpStatusCode.OK);
        Assert.Equal(HttpStatusCode.OK, await CallAsync<One>());
        Assert.Equal(HttpStatusCode.OK, await CallAsync<One>());
        Assert.Equal(VendorCircuits.MinimumCalls + 2, vendor.Calls);
        Assert.Equal(["One fails too often: it is not called for 15 s", "One answers again"], lines);
        Assert.Equal(["One open", "One closed"], notes);
    }

    [Fact]
    public async Task A_circuit_that_cannot_be_noted_is_no_fault_of_the_call()
    {
        noting = new InvalidOperationException("Postgres is away");
        vendor.Answer = () => new(HttpStatusCode.ServiceUnavailable);
        await FailAsync<One>();
        await Assert.ThrowsAsync<HttpRequestException>(CallAsync<One>);
        Assert.Equal(["One fails too often: it is not called for 15 s", "The circuit of One could not be noted"], lines);
    }

    [Fact]
    public async Task An_SDK_that_makes_its_own_connections_has_a_circuit_too()
    {
        var circuits = provider.GetRequiredService<VendorCircuits>();
        var calls = 0;
        Task<VendorResult<string>> CallAsync(VendorResult<string> answer) =>
            circuits.CallAsync("Sdk", () => { calls++; return Task.FromResult(answer); }, CancellationToken.None);

        // Whoever refuses, or asks to slow down, is there.
        for (var i = 0; i < 2 * VendorCircuits.MinimumCalls; i++)
        {
            Assert.IsType<VendorFailure.Refused>((await CallAsync(new VendorFailure.Refused(400, "No"))).Failure);
            Assert.IsType<VendorFailure.RateLimited>((await CallAsync(new VendorFailure.RateLimited(TimeSpan.FromSeconds(1)))).Failure);
        }

        clock.Advance(VendorCircuits.Window + VendorCircuits.Window);
        calls = 0;
        for (var i = 0; i < VendorCircuits.MinimumCalls; i++)
        {
            Assert.Equal(new VendorFailure.Unknown("Away"), (await CallAsync(new VendorFailure.Unknown("Away"))).Failure);
        }

        Assert.Equal(
            new VendorFailure.Unknown("Sdk is not called for now: it failed too often.", VendorCircuits.Break),
            (await CallAsync("well")).Failure);
        Assert.Equal(VendorCircuits.MinimumCalls, calls);
        clock.Advance(VendorCircuits.Break);
        Assert.Equal("well", (await CallAsync("well")).Value);
        Assert.Equal(["Sdk open", "Sdk closed"], notes);
    }

    [Fact]
    public async Task An_open_circuit_is_told_apart_from_a_call_that_failed()
    {
        vendor.Answer = () => throw new HttpRequestException("Connection refused");
        for (var i = 0; i < VendorCircuits.MinimumCalls; i++)
        {
            Assert.Null((await Assert.ThrowsAsync<HttpRequestException>(CallAsync<One>)).NotCalledFor());
        }

        Assert.Equal(VendorCircuits.Break, (await Assert.ThrowsAsync<HttpRequestException>(CallAsync<One>)).NotCalledFor());
    }

    [Fact]
    public async Task While_it_is_still_away_one_call_in_a_break_finds_that_out()
    {
        vendor.Answer = () => new(HttpStatusCode.ServiceUnavailable);
        await FailAsync<One>();
        for (var i = 0; i < 3; i++)
        {
            clock.Advance(VendorCircuits.Break);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, await CallAsync<One>());
            await Assert.ThrowsAsync<HttpRequestException>(CallAsync<One>);
        }

        Assert.Equal(VendorCircuits.MinimumCalls + 3, vendor.Calls);
    }

    [Fact]
    public async Task Clients_of_one_vendor_share_its_circuit_and_others_do_not()
    {
        vendor.Answer = () => new(HttpStatusCode.InternalServerError);
        await FailAsync<One>();
        await Assert.ThrowsAsync<HttpRequestException>(CallAsync<OneToo>);
        Assert.Equal(HttpStatusCode.InternalServerError, await CallAsync<Impatient>());
    }

    [Theory]
    [InlineData(nameof(ClerkKeys), VendorCircuit.ClerkKeys)]
    [InlineData(nameof(ClerkDirectory), VendorCircuit.Clerk)]
    [InlineData(nameof(BlobReads), VendorCircuit.Blob)]
    [InlineData(nameof(BlobDeletes), VendorCircuit.Blob)]
    [InlineData(nameof(BlobWrites), VendorCircuit.Blob)]
    [InlineData(nameof(PagerDutyEvents), VendorCircuit.PagerDuty)]
    public async Task Each_adapter_opens_the_circuit_of_its_own_host(string adapter, string circuit)
    {
        await using var adapters = Services().AddClerk().AddBlob().AddPagerDuty().BuildServiceProvider();
        vendor.Answer = () => new(HttpStatusCode.BadGateway);
        var http = adapters.GetRequiredService<IHttpClientFactory>().CreateClient(adapter);
        for (var i = 0; i < VendorCircuits.MinimumCalls; i++)
        {
            using var answer = await http.GetAsync(Address);
            Assert.Equal(HttpStatusCode.BadGateway, answer.StatusCode);
        }

        await Assert.ThrowsAsync<HttpRequestException>(() => http.GetAsync(Address));
        Assert.Equal([$"{circuit} open"], notes);
    }

    [Theory]
    [InlineData(HttpStatusCode.TooManyRequests)]
    [InlineData(HttpStatusCode.Unauthorized)]
    [InlineData(HttpStatusCode.NotFound)]
    public async Task A_vendor_that_refuses_is_there(HttpStatusCode status)
    {
        vendor.Answer = () => new(status);
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(status, await CallAsync<One>());
        }
    }

    [Theory]
    [InlineData(HttpStatusCode.InternalServerError)]
    [InlineData(HttpStatusCode.ServiceUnavailable)]
    [InlineData(HttpStatusCode.RequestTimeout)]
    public async Task A_vendor_that_is_at_a_loss_counts_as_away(HttpStatusCode status)
    {
        vendor.Answer = () => new(status);
        await FailAsync<One>();
        await Assert.ThrowsAsync<HttpRequestException>(CallAsync<One>);
        Assert.Equal(VendorCircuits.MinimumCalls, vendor.Calls);
    }

    [Fact]
    public async Task Half_of_the_calls_failing_is_too_many_and_less_is_not()
    {
        foreach (var status in (HttpStatusCode[])[HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.BadGateway,
            HttpStatusCode.BadGateway, HttpStatusCode.BadGateway])
        {
            vendor.Answer = () => new(status);
            Assert.Equal(status, await CallAsync<One>());
        }

        await Assert.ThrowsAsync<HttpRequestException>(CallAsync<One>);
        Assert.Equal(6, vendor.Calls);
    }

    [Fact]
    public async Task Failures_that_lie_apart_break_nothing()
    {
        vendor.Answer = () => new(HttpStatusCode.BadGateway);
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(HttpStatusCode.BadGateway, await CallAsync<One>());
            clock.Advance(VendorCircuits.Window / 3);
        }
    }

    [Fact]
    public async Task An_answer_that_does_not_begin_in_time_is_a_failure_and_counts_as_one()
    {
        vendor.Answer = null;
        var calls = Enumerable.Range(0, VendorCircuits.MinimumCalls)
            .Select(_ => Assert.ThrowsAsync<HttpRequestException>(CallAsync<Impatient>));
        Assert.All(await Task.WhenAll(calls), fault => Assert.Equal("Impatient did not answer within 1 s.", fault.Message));

        await Assert.ThrowsAsync<HttpRequestException>(CallAsync<Impatient>);
        Assert.Equal(VendorCircuits.MinimumCalls, vendor.Calls);
    }

    [Fact]
    public async Task A_caller_who_leaves_says_nothing_of_the_vendor()
    {
        vendor.Answer = null;
        var http = provider.GetRequiredService<One>().Http;
        for (var i = 0; i < 2 * VendorCircuits.MinimumCalls; i++)
        {
            using var leave = new CancellationTokenSource();
            var call = http.GetAsync(Address, leave.Token);
            await leave.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        }

        vendor.Answer = () => new(HttpStatusCode.OK);
        Assert.Equal(HttpStatusCode.OK, await CallAsync<One>());
    }

    [Fact]
    public async Task Nothing_of_the_address_is_logged_or_told()
    {
        vendor.Answer = () => new(HttpStatusCode.InternalServerError);
        await FailAsync<One>();
        var fault = await Assert.ThrowsAsync<HttpRequestException>(CallAsync<One>);
        Assert.DoesNotContain("vendor.example", fault.ToString(), StringComparison.Ordinal);
        var log = Assert.Single(lines);
        Assert.DoesNotContain("vendor.example", log, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, log, StringComparison.Ordinal);
    }

    public async ValueTask DisposeAsync()
    {
        await provider.DisposeAsync();
        vendor.Dispose();
    }

    private IServiceCollection Services() => new ServiceCollection()
        .AddSingleton<TimeProvider>(clock).AddSingleton<NoteCircuit>(NoteAsync)
        .AddLogging(logging => logging
            .SetMinimumLevel(LogLevel.Trace).AddProvider(new Lines(lines)).AddFilter("System.Net.Http", LogLevel.None))
        .ConfigureHttpClientDefaults(http => http.ConfigurePrimaryHttpMessageHandler(() => vendor));

    private Task NoteAsync(string name, bool isOpen, CancellationToken ct)
    {
        notes.Add($"{name} {(isOpen ? "open" : "closed")}");
        return noting is null ? Task.CompletedTask : Task.FromException(noting);
    }

    private async Task FailAsync<T>()
        where T : Adapter
    {
        for (var i = 0; i < VendorCircuits.MinimumCalls; i++)
        {
            await CallAsync<T>();
        }
    }

    private async Task<HttpStatusCode> CallAsync<T>()
        where T : Adapter
    {
        using var response = await provider.GetRequiredService<T>().Http.GetAsync(Address);
        return response.StatusCode;
    }

    public class Adapter(HttpClient http)
    {
        public HttpClient Http => http;
    }

    public sealed class One(HttpClient http) : Adapter(http);

    public sealed class OneToo(HttpClient http) : Adapter(http);

    public sealed class Impatient(HttpClient http) : Adapter(http);

    /// <summary>Without an answer it is silent until the caller gives up.</summary>
    private sealed class FakeVendor : HttpMessageHandler
    {
        private int calls;

        public Func<HttpResponseMessage>? Answer { get; set; }

        public int Calls => calls;

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref calls);
            if (Answer is null)
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
            }

            return Answer!();
        }
    }

    private sealed class Lines(List<string> lines) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception,
            Func<TState, Exception?, string> formatter) => lines.Add(formatter(state, exception));

        public void Dispose()
        {
        }
    }
}
