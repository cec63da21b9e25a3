using Portal.Tests.Support.AsAzure;

namespace Portal.Tests.Azure;

[CollectionDefinition(Name)]
public sealed class AzurePortalCollection : ICollectionFixture<AzurePortal>
{
    public const string Name = "the portal as on Azure";
}
