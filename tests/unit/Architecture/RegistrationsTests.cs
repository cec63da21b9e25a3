using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Middleware;
using Microsoft.Extensions.DependencyInjection;
using Moq;
using Portal.Functions;

namespace Portal.Tests.Unit.Architecture;

/// <summary>What the rooms and the functions register.</summary>
public sealed class RegistrationsTests
{
    [Fact]
    public void Nothing_of_ours_is_registered_twice()
    {
        var services = new ServiceCollection();
        var builder = new Mock<IFunctionsWorkerApplicationBuilder> { DefaultValue = DefaultValue.Mock };
        builder.Setup(b => b.Services).Returns(services);
        builder.Setup(b => b.Use(It.IsAny<Func<FunctionExecutionDelegate, FunctionExecutionDelegate>>())).Returns(builder.Object);
        builder.Object.AddPortal();

        var ours = services.Where(service => service.ServiceType.Namespace?.StartsWith("Portal", StringComparison.Ordinal) == true);
        Assert.NotEmpty(ours);
        Assert.DoesNotContain(
            ours.GroupBy(service => (service.ServiceType, service.ImplementationType)), same => same.Count() > 1);
    }
}
