using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Extensions.Hosting;
using Portal.Functions;

// The entry on Azure. Locally the same AddPortal runs on infra/runtime: dotnet run --project infra/local
VendorSdks.WarnOfStandIns(Console.Error);
var builder = FunctionsApplication.CreateBuilder(args).ConfigureFunctionsWebApplication();
builder.AddPortal();
await builder.Build().RunAsync();
