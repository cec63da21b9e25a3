using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Extensions.Hosting;
using Portal.Functions;
using Portal.Functions.Foundation.Telemetry;

// The entry on Azure. Locally the same AddPortal runs on infra/runtime: dotnet run --project infra/local
VendorSdks.WarnOfStandIns(Console.Error);
var builder = FunctionsApplication.CreateBuilder(args).ConfigureFunctionsWebApplication();
builder.AddPortal();
builder.Services.AddPortalTelemetry(builder.Configuration);
await builder.Build().RunAsync();
