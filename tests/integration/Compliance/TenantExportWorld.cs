using System.IO.Compression;
using System.Text;
using Portal.Tests.Support;
using Portal.Tests.Support.Contract;

namespace Portal.Tests.Integration.Compliance;

/// <summary>A tenant that has something in every table, and its export.</summary>
public sealed class TenantExportWorld : IAsyncLifetime
{
    public TestPortal Portal { get; } = new() { Overrides = SampleWorld.NoLimits };

    public FullTenant Tenant { get; private set; } = null!;

    public byte[] Zip { get; private set; } = [];

    public async Task InitializeAsync()
    {
        await Portal.InitializeAsync();
        Tenant = new FullTenant(Portal);
        (await Portal.As("other-admin").PostAsync("/api/projects", new { name = "Somebody else's" })).Expect(201);
        await Tenant.FillAsync();
        Zip = await Tenant.ExportAsync();
    }

    public Task DisposeAsync() => Portal.DisposeAsync();

    public IReadOnlyDictionary<string, string> Files() => Read(Zip);

    public static IReadOnlyDictionary<string, string> Read(byte[] zip)
    {
        using var archive = new ZipArchive(new MemoryStream(zip));
        return archive.Entries.ToDictionary(entry => entry.FullName, entry =>
        {
            using var reader = new StreamReader(entry.Open());
            return reader.ReadToEnd();
        });
    }

    public static byte[] Pack(IEnumerable<KeyValuePair<string, string>> files)
    {
        using var bytes = new MemoryStream();
        using (var archive = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, text) in files)
            {
                using var stream = archive.CreateEntry(name).Open();
                stream.Write(Encoding.UTF8.GetBytes(text));
            }
        }

        return bytes.ToArray();
    }
}
