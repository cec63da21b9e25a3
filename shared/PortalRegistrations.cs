using Microsoft.Extensions.DependencyInjection;
using Portal.Compliance;
using Portal.Events;
using Portal.Foundation;
using Portal.Operations;
using Portal.People;
using Portal.Projects;
using Portal.Sharing;
using Portal.Vendors;
using Portal.Videos;

namespace Portal;

/// <summary>The rooms in the order in which they may use each other (docs/architecture.md). Settings are checked at start; a wrong one
/// stops it.</summary>
public static class PortalRegistrations
{
    public static IServiceCollection AddPortalCore(this IServiceCollection services) => services
        .AddFoundation()
        .AddVendors()
        .AddProjects()
        .AddPeople()
        .AddVideos()
        .AddSharing()
        .AddEvents()
        .AddCompliance()
        .AddOperations();
}
