using Portal.Tests.Support;

[assembly: TestCollectionOrderer(LongestFirst.Name, LongestFirst.Assembly)]
