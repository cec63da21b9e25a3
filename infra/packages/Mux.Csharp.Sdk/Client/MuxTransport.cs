#nullable disable
using System.Net;
using System.Text;
using Newtonsoft.Json;

namespace Mux.Csharp.Sdk.Client;

/// <summary>
/// Sends one call and reports it as the real SDK does, which is the point of this stand-in: a refused connection, a timeout and an
/// unreadable 2xx body are not exceptions. The first two give StatusCode 0, the third the status as received, all with Data null.
/// Only a status of 400 and above throws, and the caller's own cancellation.
/// </summary>
internal sealed class MuxTransport
{
    private const string DeleteAccept = "application/json, text/json, text/x-json, text/javascript, application/xml, text/xml";

    private static readonly HttpClient Http = new(new SocketsHttpHandler
    {
        AutomaticDecompression = DecompressionMethods.GZip | DecompressionMethods.Deflate,
        UseCookies = false,
    })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    private readonly string api;

    public MuxTransport(string api, IReadableConfiguration configuration)
    {
        this.api = api;
        Configuration = Client.Configuration.Copy(configuration);
        if (string.IsNullOrEmpty(Configuration.BasePath))
        {
            throw new ArgumentException("basePath cannot be empty");
        }
    }

    public IReadableConfiguration Configuration { get; set; }

    public ExceptionFactory ExceptionFactory { get; set; } = Client.Configuration.DefaultExceptionFactory;

    // A null argument is refused before any request; an empty one is not, and changes the address.
    public void Require(object value, string parameter, string method)
    {
        if (value is null)
        {
            throw new ApiException(400, $"Missing required parameter '{parameter}' when calling {api}->{method}");
        }
    }

    public async Task<ApiResponse<T>> SendAsync<T>(
        string method,
        System.Net.Http.HttpMethod verb,
        string path,
        CancellationToken cancellation,
        object body = null,
        params (string Name, object Value)[] query)
    {
        using var request = Compose(verb, path, body, query);
        var response = await ExchangeAsync<T>(request, cancellation);
        return ExceptionFactory?.Invoke(method, response) is { } exception ? throw exception : response;
    }

    private async Task<ApiResponse<T>> ExchangeAsync<T>(HttpRequestMessage request, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        if (Configuration.Timeout > 0)
        {
            limit.CancelAfter(Configuration.Timeout);
        }

        try
        {
            using var response = await Http.SendAsync(request, limit.Token);
            return Read<T>(response, await response.Content.ReadAsStringAsync(limit.Token));
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return Failed<T>("The request timed-out.");
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            return Failed<T>(exception.Message);
        }
    }

    private static ApiResponse<T> Failed<T>(string why) => new(0, Headers([]), default, string.Empty) { ErrorText = why };

    private static ApiResponse<T> Read<T>(HttpResponseMessage response, string body)
    {
        var headers = Headers(response.Headers.Concat(response.Content.Headers));
        if ((int)response.StatusCode >= 400)
        {
            return new ApiResponse<T>(response.StatusCode, headers, default, body);
        }

        try
        {
            return new ApiResponse<T>(response.StatusCode, headers, JsonConvert.DeserializeObject<T>(body), body);
        }
        catch (JsonException exception)
        {
            return new ApiResponse<T>(response.StatusCode, headers, default, body) { ErrorText = exception.Message };
        }
    }

    private static Multimap<string, string> Headers(IEnumerable<KeyValuePair<string, IEnumerable<string>>> source)
    {
        var headers = new Multimap<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, values) in source)
        {
            headers.Add(name, values.ToList());
        }

        return headers;
    }

    private HttpRequestMessage Compose(
        System.Net.Http.HttpMethod verb, string path, object body, (string Name, object Value)[] query)
    {
        var parameters = query.Where(parameter => parameter.Value is not null)
            .Select(parameter => $"{parameter.Name}={Uri.EscapeDataString(Convert.ToString(parameter.Value))}")
            .ToList();
        var suffix = parameters.Count > 0 ? "?" + string.Join('&', parameters) : string.Empty;
        var request = new HttpRequestMessage(verb, Configuration.BasePath.TrimEnd('/') + path + suffix);
        foreach (var (name, value) in Configuration.DefaultHeaders)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        request.Headers.TryAddWithoutValidation("Accept", verb == System.Net.Http.HttpMethod.Delete ? DeleteAccept : "application/json");
        request.Headers.TryAddWithoutValidation("User-Agent", Configuration.UserAgent);
        request.Headers.TryAddWithoutValidation("Connection", "Keep-Alive");
        if (!string.IsNullOrEmpty(Configuration.Username) || !string.IsNullOrEmpty(Configuration.Password))
        {
            var pair = Encoding.UTF8.GetBytes($"{Configuration.Username}:{Configuration.Password}");
            request.Headers.TryAddWithoutValidation("Authorization", "Basic " + Convert.ToBase64String(pair));
        }

        if (verb != System.Net.Http.HttpMethod.Get)
        {
            request.Content = new ByteArrayContent(body is null ? [] : Encoding.UTF8.GetBytes(JsonConvert.SerializeObject(body)));
        }

        if (body is not null)
        {
            request.Content.Headers.TryAddWithoutValidation("Content-Type", "application/json");
        }

        return request;
    }
}
