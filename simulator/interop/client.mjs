// The official Node clients, unchanged but for the address: the Stream SDK (dingtalk-stream) and the typed client (@alicloud/dingtalk).
// It connects, answers LATER to the first push of an event and SUCCESS to the second, and then reads APIs.
import axios from 'axios';
import { DWClient, EventAck } from 'dingtalk-stream';
import OpenApi from '@alicloud/openapi-client';
import TeaUtil from '@alicloud/tea-util';
import OAuth from '@alicloud/dingtalk/dist/oauth2_1_0/client.js';
import Workflow from '@alicloud/dingtalk/dist/workflow_1_0/client.js';
import Attendance from '@alicloud/dingtalk/dist/attendance_1_0/client.js';
import Event from '@alicloud/dingtalk/dist/event_1_0/client.js';

const { url, clientId, clientSecret, instance, processCode, from, to, user } = JSON.parse(process.argv[2]);

// The Stream SDK has the gateway's address built in.
axios.interceptors.request.use((config) => {
  config.url = config.url.replace('https://api.dingtalk.com', url).replace('https://oapi.dingtalk.com', url);
  return config;
});

const received = [];

function stream() {
  return new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error('no event was redelivered in time')), 90_000).unref();
    const client = new DWClient({ clientId, clientSecret, autoReconnect: false });
    client.registerAllEventListener((message) => {
      received.push({ ...message.headers, data: message.data });
      const again = received.length > 1;
      if (again) {
        setTimeout(() => { client.disconnect(); resolve(); }, 50); // after the ack is written
      }
      return { status: again ? EventAck.SUCCESS : EventAck.LATER };
    });
    client.getAccessToken().then(() => client.connect()).then(() => console.log('CONNECTED'), reject);
  });
}

const config = () => new OpenApi.Config({ protocol: 'http', endpoint: url.replace('http://', ''), regionId: 'central' });
const runtime = () => new TeaUtil.RuntimeOptions({});

function headers(module, name, token) {
  const h = new module[name]({});
  h.xAcsDingtalkAccessToken = token;
  return h;
}

async function apis() {
  const granted = await new OAuth.default(config()).getAccessToken(
    new OAuth.GetAccessTokenRequest({ appKey: clientId, appSecret: clientSecret }));
  const token = granted.body.accessToken;
  const workflow = new Workflow.default(config());
  const read = await workflow.getProcessInstanceWithOptions(
    new Workflow.GetProcessInstanceRequest({ processInstanceId: instance }),
    headers(Workflow, 'GetProcessInstanceHeaders', token), runtime());
  const ids = await workflow.listProcessInstanceIdsWithOptions(
    new Workflow.ListProcessInstanceIdsRequest({ processCode, startTime: from, endTime: to, nextToken: 0, maxResults: 20 }),
    headers(Workflow, 'ListProcessInstanceIdsHeaders', token), runtime());
  const templates = await workflow.getManageProcessByStaffIdWithOptions(
    new Workflow.GetManageProcessByStaffIdRequest({ userId: 'admin' }),
    headers(Workflow, 'GetManageProcessByStaffIdHeaders', token), runtime());
  const holidays = await new Attendance.default(config()).getUserHolidaysWithOptions(
    new Attendance.GetUserHolidaysRequest({ userIds: [user], workDateFrom: from, workDateTo: to }),
    headers(Attendance, 'GetUserHolidaysHeaders', token), runtime());
  const failed = await new Event.default(config()).getCallBackFaileResultWithOptions(
    new Event.GetCallBackFaileResultRequest({ beginTime: 0, endTime: Date.now() + 60_000 }),
    headers(Event, 'GetCallBackFaileResultHeaders', token), runtime());
  const detail = await axios.post(`https://oapi.dingtalk.com/topapi/attendance/getupdatedata?access_token=${token}`,
    { userid: user, work_date: '2026-11-02' });
  let refusal = '';
  try {
    await workflow.getProcessInstanceWithOptions(
      new Workflow.GetProcessInstanceRequest({ processInstanceId: instance }),
      headers(Workflow, 'GetProcessInstanceHeaders', 'worthless'), runtime());
  } catch (error) {
    refusal = error.code;
  }
  return {
    instance: read.body.result, ids: ids.body.result.list, templates: templates.body.result, holidays: holidays.body.result,
    failed: failed.body.failedList, detail: detail.data, refusal,
  };
}

await stream();
console.log('RESULT ' + JSON.stringify({ received, ...(await apis()) }));
process.exit(0);
