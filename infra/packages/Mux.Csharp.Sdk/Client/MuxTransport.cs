#nullable disable
using System.Net;
using System.Text;
using Newtonsoft.Json;
using Verb = System.Net.Http.HttpMethod;

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
    private readonly string basePath;
    private readonly int timeout;
    private readonly string credentials;

    // Copies what it is given, as the real API objects do: later changes do not reach it.
    public MuxTransport(string api, Configuration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        if (configuration.BasePath == string.Empty)
        {
            throw new ArgumentException("basePath cannot be empty");
        }

        this.api = api;
        basePath = (configuration.BasePath ?? "https://api.mux.com").TrimEnd('/');
        timeout = configuration.Timeout;
        credentials = string.IsNullOrEmpty(configuration.Username) && string.IsNullOrEmpty(configuration.Password)
            ? null
            : Convert.ToBase64String(Encoding.UTF8.GetBytes($"{configuration.Username}:{configuration.Password}"));
    }

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
        Verb verb,
        string path,
        CancellationToken cancellation,
        object body = null,
        params (string Name, object Value)[] query)
    {
        using var request = Compose(verb, path, body, query);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        if (timeout > 0)
        {
            limit.CancelAfter(timeout);
        }

        try
        {
            using var response = await Http.SendAsync(request, limit.Token);
            return Read<T>(method, response, await response.Content.ReadAsStringAsync(limit.Token));
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return new ApiResponse<T>(0, default) { ErrorText = "The request timed-out." };
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            return new ApiResponse<T>(0, default) { ErrorText = exception.Message };
        }
    }

    private static ApiResponse<T> Read<T>(string method, HttpResponseMessage response, string body)
    {
        var status = (int)response.StatusCode;
        if (status >= 400)
        {
            throw new ApiException(status, $"Error calling {method}: {body}", body, Headers(response));
        }

        try
        {
            return new ApiResponse<T>(response.StatusCode, JsonConvert.DeserializeObject<T>(body));
        }
        catch (JsonException exception)
        {
            return new ApiResponse<T>(response.StatusCode, default) { ErrorText = exception.Message };
        }
    }

    private static Multimap<string, string> Headers(HttpResponseMessage response)
    {
        var headers = new Multimap<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, values) in response.Headers.Concat(response.Content.Headers))
        {
            headers.Add(name, values.ToList());
        }

        return headers;
    }

    private HttpRequestMessage Compose(Verb verb, string path, object body, (string Name, object Value)[] query)
    {
        var parameters = query.Where(parameter => parameter.Value is not null)
            .Select(parameter => $"{parameter.Name}={Uri.EscapeDataString(Convert.ToString(parameter.Value))}")
            .ToList();
        var suffix = parameters.Count > 0 ? "?" + string.Join('&', parameters) : string.Empty;
        var request = new HttpRequestMessage(verb, basePath + path + suffix);
        request.Headers.TryAddWithoutValidation("Accept", verb == Verb.Delete ? DeleteAccept : "application/json");
        request.Headers.TryAddWithoutValidation("User-Agent", "Mux C# | 2.0.1");
        request.Headers.TryAddWithoutValidation("Connection", "Keep-Alive");
        if (credentials is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", "Basic " + credentials);
        }

        if (verb != Verb.Get)
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
